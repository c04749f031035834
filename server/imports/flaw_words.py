"""What is wrong with a file in Vietnamese, for people; programs and logs have it in English. `{}` is filled in."""

from typing import Final

from server.refusals import in_both

FLAWS: Final[dict[str, str]] = {
    "is empty": "tệp trống",
    "has no lines": "không có dòng nào",
    "has {} bytes, at most {} are read": "có {} byte, chỉ đọc tối đa {}",
    "is a PDF: ask the bank for the statement as a workbook or as text": (
        "là PDF: hãy lấy sao kê dạng bảng tính hoặc văn bản từ ngân hàng"
    ),
    "is an old or an encrypted workbook: open it and save it as .xlsx, without a password": (
        "là bảng tính kiểu cũ hoặc có mật khẩu: hãy mở và lưu lại thành .xlsx, không mật khẩu"
    ),
    "is a picture": "là ảnh",
    "is packed: unpack it first": "là tệp nén: hãy giải nén trước",
    "is neither text in UTF-8, UTF-16 or Windows-1258 nor a workbook": (
        "không phải văn bản UTF-8, UTF-16, Windows-1258 hay bảng tính"
    ),
    "is no workbook that can be read: {}": "không đọc được bảng tính: {}",
    "is no whole workbook: {}": "bảng tính bị hỏng: {}",
    "is no whole XML: {}": "XML bị hỏng: {}",
    "is not readable as text with separators: {}": "không đọc được dạng văn bản có dấu phân cách: {}",
    "has no sheet with anything in it": "không có trang tính nào có dữ liệu",
    "has no statement": "không có sao kê nào",
    "has more than {} lines": "có hơn {} dòng",
    "has more than {} rows": "có hơn {} hàng",
    "has more than {} columns": "có hơn {} cột",
    "ends inside its table: the file is cut off": "hết giữa bảng: tệp bị cắt cụt",
    "ends without a row {}: the file is cut off": "thiếu hàng kết {}: tệp bị cắt cụt",
    "declares entities, which no bank does": "khai báo entity, ngân hàng không làm vậy",
    "is of account {}, not of {}": "của tài khoản {}, không phải {}",
    "is in {}, not in {}": "tính bằng {}, không phải {}",
    "{} is another account than {}": "{} là tài khoản khác, không phải {}",
    "{} is not {}": "{} không phải {}",
    "has no amount": "không có số tiền",
    "{} is no amount": "{} không phải số tiền",
    "{} has a fraction; there is none of a dong": "{} có phần lẻ; đồng không có phần lẻ",
    "{} is beyond any amount": "{} lớn hơn mọi số tiền có thể",
    "{} is no date": "{} không phải ngày",
    "{} is no date: its year has four digits": "{} không phải ngày: năm có bốn chữ số",
    "{} is no time": "{} không phải giờ",
    "{} is not between {} and today, {}": "{} không nằm giữa {} và hôm nay, {}",
    "{} is below zero in a column that has its own sign": "{} nhỏ hơn không trong cột đã có dấu riêng",
    "{} came and {} went in one line": "một dòng vừa có tiền vào {} vừa có tiền ra {}",
    "neither money that came nor money that went": "không có tiền vào cũng không có tiền ra",
    "the total is {}, the lines come to {}": "tổng ghi {}, các dòng cộng lại là {}",
    "the balance {} does not follow from the line before it": "số dư {} không nối tiếp dòng trước",
    "opening {} and lines of {} come to {}{}": "số dư đầu {} và các dòng {} cộng lại là {}{}",
    "holds a formula; only what the bank wrote is read": "có công thức; chỉ đọc những gì ngân hàng viết",
    "no site has the account {}": "không bãi nào có tài khoản {}",
    "nothing tells whose it is: no site {}": "không biết của bãi nào: không có bãi {}",
    "was imported as of {}, not of {}: one of them is wrong": "đã nhập là của {}, không phải {}: một trong hai là sai",
    "{} was imported with {}": "{} đã nhập với {}",
    "is a bank's statement, not a settlement": "là sao kê ngân hàng, không phải đối soát",
    "the provider's own reference is missing": "thiếu mã của cổng thanh toán",
    "{} is in row {} already": "{} đã có ở hàng {}",
    "{} {} is in row {} already": "{} {} đã có ở hàng {}",
    "{} {} was imported with {}": "{} {} đã nhập với {}",
    "{} is none of {}": "{} không thuộc các loại {}",
    "{} has a colon": "{} có dấu hai chấm",
    "a payment of {}": "khoản thanh toán {}",
    "what is taken back is below zero, not {}": "khoản lấy lại phải nhỏ hơn không, không phải {}",
    "has a sheet of {} rows and {} columns": "có trang tính {} hàng, {} cột",
    "is a workbook of {} parts, at most {} are read": "bảng tính có {} phần, chỉ đọc tối đa {}",
    "unpacks to more than {} MiB": "giải nén ra hơn {} MiB",
    "{} characters, at most {} are read": "{} ký tự, chỉ đọc tối đa {}",
    "{} cells, at most {} are read": "{} ô, chỉ đọc tối đa {}",
    "more than {} characters": "hơn {} ký tự",
    "more than {} cells": "hơn {} ô",
    "a NUL character is in it": "có ký tự NUL",
    "{} is no whole number of dong in units of 1/{}": "{} không phải số đồng chẵn, tính theo 1/{}",
    "{} is no whole number of dong": "{} không phải số đồng chẵn",
    "{} is no whole amount above zero": "{} không phải số tiền chẵn lớn hơn không",
    "{} is no whole amount": "{} không phải số tiền chẵn",
    "is {}, not a statement (camt.053)": "là {}, không phải sao kê (camt.053)",
    "is no statement (camt.053) that can be read: {}": "không đọc được sao kê camt.053: {}",
    "{} is neither CRDT nor DBIT": "{} không phải CRDT hay DBIT",
    "a statement closes with {}, the next opens with {}": "một sao kê kết thúc với {}, sao kê sau bắt đầu với {}",
    "nests deeper than {} or has more than {} elements": "lồng sâu hơn {} hoặc có hơn {} phần tử",
    "opening {} and lines of {} come to {}, not to the closing {}": (
        "số dư đầu {} và các dòng {} cộng lại là {}, không phải số dư cuối {}"
    ),
    "fits {} as well: name its layout (--mapping)": "hợp cả {}: hãy chọn mẫu cột",
    "has no row of headings as {} wants it: what is missing is {}": "không có hàng tiêu đề như mẫu {}: thiếu {}",
    "has no row of headings that any of {} knows": "không có hàng tiêu đề mà mẫu nào trong {} nhận ra",
    "gross {} - fee {} - VAT {} is {}, not {}": "gộp {} - phí {} - thuế {} là {}, không phải {}",
}


def in_vietnamese(why: str) -> str:
    """The flaw as people read it; one that has no words here stays as it is."""
    return in_both(why, FLAWS).removesuffix(f" · {why}")
