"""Refusals about bank lines in both languages, as `server.refusals`."""

from typing import Final

BANK: Final[dict[str, str]] = {
    "{}: at least {} characters of the line's digest are needed": "{}: cần ít nhất {} ký tự của mã dòng sao kê",
    "{}: several bank lines begin so": "{}: có nhiều dòng sao kê bắt đầu như vậy",
    "{}: no bank line begins so": "{}: không có dòng sao kê nào bắt đầu như vậy",
    "say in a note why the line is this": "hãy ghi vì sao dòng này là như vậy",
    "{} is explained already: {} {}, by {}": "dòng {} đã được giải trình: {} {}, bởi {}",
    "{} is none of {}": "{} không thuộc các loại {}",
    "{} is proven by line {} already": "{} đã có dòng {} chứng minh",
    "there is no deposit {} of {}": "không có lần nộp tiền {} với số tiền {}",
    "there is no open refund {} of {}": "không có khoản hoàn {} đang chờ với số tiền {}",
    "a charge takes money away; this line brought {}": "phí là tiền ra; dòng này là tiền vào {}",
    "there is no payment {}": "không có giao dịch {}",
    "{} came to account {}, the line is of {}": "{} vào tài khoản {}, dòng này của tài khoản {}",
    "{} is of {}, the line of {}": "{} là {}, còn dòng này là {}",
    "there is no settlement {}": "không có phiên đối soát {}",
}
