"""Why something is a finding, in both languages: what the programs say in English, as people read it."""

from typing import Final

from server.export.words import Pair

WHY: Final[dict[str, Pair]] = {
    said: (vi, said)
    for said, vi in {
        "the statement of its day has no such line": "sao kê của ngày không có dòng này",
        "no statement of this day": "chưa có sao kê của ngày này",
        "nobody knows how long this stay was": "không rõ xe đã gửi bao lâu",
        "facts wait in the box": "dữ liệu còn chờ trong hộp",
        "nobody has ever heard of this box": "hộp này chưa từng có tín hiệu",
        "the account is none of ours": "không phải tài khoản của bãi",
        "not what its settlements come to": "khác tổng các kỳ đối soát",
        "vehicles inside": "số xe trong bãi",
        "the same id with other content": "cùng mã nhưng khác nội dung",
        "a passage was explained by a visit that had passed": "lượt qua được gán cho lượt xe đã qua",
        "a reversal of no payment that we know": "đảo một giao dịch không có trong sổ",
        "a passage in without a visit": "xe vào không có lượt",
        "this visit passed this way before": "lượt này đã qua chiều này rồi",
        "a visit went in without a passage": "lượt đã vào mà không thấy xe qua",
        "a visit went out without a passage": "lượt đã ra mà không thấy xe qua",
        "the same plate twice within seconds in a lane": "một biển số hai lần trong vài giây ở một làn",
        "this plate is inside already": "biển số này đang ở trong bãi",
        "the box does not know its time": "hộp không biết giờ của mình",
        "a fact from the future": "bản ghi từ tương lai",
        "a fact older than the one before it": "bản ghi cũ hơn bản ghi trước nó",
        "the time was set within a boot": "giờ bị đặt lại khi đang chạy",
        "it names no order of ours": "không nêu đơn nào của bãi",
        "the order is not for this account": "đơn không thuộc tài khoản này",
        "the order is for another amount": "đơn có số tiền khác",
        "an adjustment by the provider": "nhà cung cấp điều chỉnh",
        "a refund that we did not order": "hoàn tiền bãi không yêu cầu",
        "a chargeback of no payment of this amount": "đòi lại tiền không khớp giao dịch nào",
        "stay_money is not what the ledger says": "stay_money khác sổ cái",
        "a message id used for another fact": "mã bản tin đã dùng cho bản ghi khác",
        "the partner code is none of ours": "mã đối tác không phải của bãi",
        "the signature is wrong or missing": "chữ ký sai hoặc thiếu",
        "the API key is wrong or missing": "khóa API sai hoặc thiếu",
        "the timestamp is no number of seconds": "dấu thời gian không phải số giây",
        "the notice is too old or from the future": "thông báo quá cũ hoặc từ tương lai",
        "the checksum is wrong or missing, or the terminal is not ours": "mã kiểm tra sai, thiếu hoặc của điểm khác",
        "it is no notice that can be read": "thông báo không đọc được",
        "a field stands twice": "một trường có hai lần",
        "its checksum is of an unknown type": "loại mã kiểm tra không rõ",
        "it holds what is no field of a notice": "có phần không phải trường của thông báo",
        "a query string is ASCII": "chuỗi truy vấn phải là ASCII",
        "a value is no UTF-8": "giá trị không phải UTF-8",
    }.items()
}
