-- The rows that stays leave in the books of SQLite. A stay was charged 20 seconds before it left.
INSERT INTO visit (visit, site, vehicle_class, read, entry_lane, entry_approach, opened_at, entered_at, entry_passage,
    exit_lane, exit_approach, matched_by, match_probability, quoted, quoted_vat, quoted_tariff, quoted_lines, recomputed,
    left_at, exit_passage, voided)
SELECT visit, 'SPS', kind, NOT unread, 'in-1', visit || '-a', strftime('%Y-%m-%d %H:%M:%f', came, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', came, 'unixepoch') || '000', entry || '-p', 'out-1', visit || '-b', 'rule',
    0.99, price, vat, 'flat-1', '[]', price + 5000 * other_price, strftime('%Y-%m-%d %H:%M:%f', left, 'unixepoch') || '000', exit || '-p', 0
FROM stay;

INSERT INTO opening (opening, site, lane, reason, by, note, visit, took_ms, happened_at)
SELECT entry, 'SPS', 'in-1', 'admitted', 'rule', '', visit, 300, strftime('%Y-%m-%d %H:%M:%f', came - 4, 'unixepoch') || '000'
FROM stay;

INSERT INTO opening (opening, site, lane, reason, by, note, visit, took_ms, happened_at)
SELECT exit, 'SPS', 'out-1', CASE WHEN by_hand THEN 'by_hand' WHEN unpaid OR paid_late THEN 'billed' ELSE 'paid' END, CASE WHEN by_hand THEN 'hand' ELSE 'rule' END, '', visit, 300, strftime('%Y-%m-%d %H:%M:%f', left - 4, 'unixepoch') || '000'
FROM stay;

INSERT INTO opening (opening, site, lane, reason, by, note, visit, took_ms, happened_at)
SELECT exit || '-u', 'SPS', 'out-1', 'person', 'rule', 'mở thử', NULL, 300, strftime('%Y-%m-%d %H:%M:%f', left, 'unixepoch') || '000'
FROM stay WHERE unused;

INSERT INTO passage (passage, site, lane, direction, visit, opening, tailgate, happened_at, journal, sequence)
SELECT entry || '-p', 'SPS', 'in-1', 'in', visit, entry, 0, strftime('%Y-%m-%d %H:%M:%f', came, 'unixepoch') || '000', 'bench', 0
FROM stay;

INSERT INTO passage (passage, site, lane, direction, visit, opening, tailgate, happened_at, journal, sequence)
SELECT exit || '-p', 'SPS', 'out-1', 'out', visit, exit, 0, strftime('%Y-%m-%d %H:%M:%f', left, 'unixepoch') || '000', 'bench', 0
FROM stay;

INSERT INTO passage (passage, site, lane, direction, visit, opening, tailgate, happened_at, journal, sequence)
SELECT exit || '-t', 'SPS', 'out-1', 'out', NULL, exit, 1, strftime('%Y-%m-%d %H:%M:%f', left, 'unixepoch') || '000', 'bench', 0
FROM stay WHERE tailgate;

INSERT INTO charge (visit, site, tariff, vehicle_class, total, vat, lines, happened_at, recorded_at)
SELECT visit, 'SPS', 'flat-1', kind, price, vat, '[]', strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000'
FROM stay;

INSERT INTO entry (key, kind, site, visit, payment, party, happened_at, recorded_at)
SELECT 'pend:' || visit, 'pend', 'SPS', visit, '', '', strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000'
FROM stay;

INSERT INTO posting (key, line, account, amount, visit)
SELECT 'pend:' || visit, column1, CASE column1 WHEN 0 THEN 'pended' WHEN 1 THEN 'quoted' END, CASE column1 WHEN 0 THEN price WHEN 1 THEN -price END, visit
FROM stay CROSS JOIN (VALUES (0), (1));

INSERT INTO entry (key, kind, site, visit, payment, party, happened_at, recorded_at)
SELECT 'charge:' || visit, 'charge', 'SPS', visit, '', '', strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000'
FROM stay;

INSERT INTO posting (key, line, account, amount, visit)
SELECT 'charge:' || visit, column1, CASE column1 WHEN 0 THEN 'receivable' WHEN 1 THEN 'revenue' WHEN 2 THEN 'vat' WHEN 3 THEN 'pended' WHEN 4 THEN 'quoted' END, CASE column1 WHEN 0 THEN price WHEN 1 THEN vat - price WHEN 2 THEN -vat WHEN 3 THEN -price WHEN 4 THEN price END, visit
FROM stay CROSS JOIN (VALUES (0), (1), (2), (3), (4));

INSERT INTO payment (provider, provider_id, site, account, amount, reference, bank_reference, happened_at, received_at)
SELECT 'sepay', visit || '1', 'SPS', '1017595600', price, visit, 'FT' || visit || '1', strftime('%Y-%m-%d %H:%M:%f', CASE WHEN paid_late THEN left + 1800 ELSE left - 20 END, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', CASE WHEN paid_late THEN left + 1800 ELSE left - 20 END, 'unixepoch') || '000'
FROM stay WHERE NOT unpaid;

INSERT INTO entry (key, kind, site, visit, payment, party, happened_at, recorded_at)
SELECT 'payment:sepay:' || visit || '1', 'payment', 'SPS', visit, 'sepay:' || visit || '1', 'sepay', strftime('%Y-%m-%d %H:%M:%f', CASE WHEN paid_late THEN left + 1800 ELSE left - 20 END, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', CASE WHEN paid_late THEN left + 1800 ELSE left - 20 END, 'unixepoch') || '000'
FROM stay WHERE NOT unpaid;

INSERT INTO posting (key, line, account, amount, visit)
SELECT 'payment:sepay:' || visit || '1', column1, CASE column1 WHEN 0 THEN 'clearing' WHEN 1 THEN 'receivable' END, CASE column1 WHEN 0 THEN price WHEN 1 THEN -price END, visit
FROM stay CROSS JOIN (VALUES (0), (1)) WHERE NOT unpaid;

INSERT INTO entry (key, kind, site, visit, payment, party, happened_at, recorded_at)
SELECT 'banked:sepay:' || visit || '1', 'banked', 'SPS', visit, 'sepay:' || visit || '1', 'sepay', strftime('%Y-%m-%d %H:%M:%f', CASE WHEN paid_late THEN left + 88200 ELSE left + 86380 END, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', CASE WHEN paid_late THEN left + 88200 ELSE left + 86380 END, 'unixepoch') || '000'
FROM stay WHERE NOT unpaid;

INSERT INTO posting (key, line, account, amount, visit)
SELECT 'banked:sepay:' || visit || '1', column1, CASE column1 WHEN 0 THEN 'bank' WHEN 1 THEN 'clearing' END, CASE column1 WHEN 0 THEN price WHEN 1 THEN -price END, visit
FROM stay CROSS JOIN (VALUES (0), (1)) WHERE NOT unpaid;

INSERT INTO bank_proof (kind, subject, digest)
SELECT 'payment', 'sepay:' || visit || '1', 'FT' || visit || '1'
FROM stay WHERE NOT unpaid;

INSERT INTO payment (provider, provider_id, site, account, amount, reference, bank_reference, happened_at, received_at)
SELECT 'sepay', visit || '2', 'SPS', '1017595600', price, visit, 'FT' || visit || '2', strftime('%Y-%m-%d %H:%M:%f', left - 15, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', left - 15, 'unixepoch') || '000'
FROM stay WHERE paid_twice;

INSERT INTO entry (key, kind, site, visit, payment, party, happened_at, recorded_at)
SELECT 'payment:sepay:' || visit || '2', 'payment', 'SPS', visit, 'sepay:' || visit || '2', 'sepay', strftime('%Y-%m-%d %H:%M:%f', left - 15, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', left - 15, 'unixepoch') || '000'
FROM stay WHERE paid_twice;

INSERT INTO posting (key, line, account, amount, visit)
SELECT 'payment:sepay:' || visit || '2', column1, CASE column1 WHEN 0 THEN 'clearing' WHEN 1 THEN 'suspense' END, CASE column1 WHEN 0 THEN price WHEN 1 THEN -price END, visit
FROM stay CROSS JOIN (VALUES (0), (1)) WHERE paid_twice;

INSERT INTO entry (key, kind, site, visit, payment, party, happened_at, recorded_at)
SELECT 'banked:sepay:' || visit || '2', 'banked', 'SPS', visit, 'sepay:' || visit || '2', 'sepay', strftime('%Y-%m-%d %H:%M:%f', left + 86385, 'unixepoch') || '000', strftime('%Y-%m-%d %H:%M:%f', left + 86385, 'unixepoch') || '000'
FROM stay WHERE paid_twice;

INSERT INTO posting (key, line, account, amount, visit)
SELECT 'banked:sepay:' || visit || '2', column1, CASE column1 WHEN 0 THEN 'bank' WHEN 1 THEN 'clearing' END, CASE column1 WHEN 0 THEN price WHEN 1 THEN -price END, visit
FROM stay CROSS JOIN (VALUES (0), (1)) WHERE paid_twice;

INSERT INTO bank_proof (kind, subject, digest)
SELECT 'payment', 'sepay:' || visit || '2', 'FT' || visit || '2'
FROM stay WHERE paid_twice;

INSERT INTO stay_money (visit, charged, charged_at, owed, odd, paid_at)
SELECT visit, price, strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000', price * unpaid, paid_twice, CASE WHEN paid_twice AND (unpaid OR NOT paid_late) THEN strftime('%Y-%m-%d %H:%M:%f', left - 15, 'unixepoch') || '000' WHEN paid_late AND NOT unpaid THEN strftime('%Y-%m-%d %H:%M:%f', left + 1800, 'unixepoch') || '000' WHEN NOT unpaid THEN strftime('%Y-%m-%d %H:%M:%f', left - 20, 'unixepoch') || '000' END
FROM stay
