"""Province codes on plates since 1 July 2025 (Circular 51/2025/TT-BCA, Appendix 02)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BY_PROVINCE: Final = {
    "Cao Bằng": "11",
    "Lạng Sơn": "12",
    "Quảng Ninh": "14",
    "Hải Phòng": "15 16 34",
    "Hưng Yên": "17 89",
    "Ninh Bình": "18 35 90",
    "Phú Thọ": "19 28 88",
    "Thái Nguyên": "20 97",
    "Lào Cai": "21 24",
    "Tuyên Quang": "22 23",
    "Lai Châu": "25",
    "Sơn La": "26",
    "Điện Biên": "27",
    "Bắc Ninh": "98 99",
    "Quảng Trị": "73 74",
    "Huế": "75",
    "Quảng Ngãi": "76 82",
    "Cục Cảnh sát giao thông": "80",
    "Hà Nội": "29 30 31 32 33 40",
    "Thanh Hoá": "36",
    "Nghệ An": "37",
    "Hà Tĩnh": "38",
    "Đồng Nai": "39 60 93",
    "TP. Hồ Chí Minh": "41 50 51 52 53 54 55 56 57 58 59 61 72",
    "Đà Nẵng": "43 92",
    "Đắk Lắk": "47 78",
    "Lâm Đồng": "48 49 86",
    "Tây Ninh": "62 70",
    "Đồng Tháp": "63 66",
    "Vĩnh Long": "64 71 84",
    "Cần Thơ": "65 83 95",
    "An Giang": "67 68",
    "Cà Mau": "69 94",
    "Khánh Hoà": "79 85",
    "Gia Lai": "77 81",
}

# Where a plate was issued. Old codes stay valid after the merger, and none proves a residence.
PROVINCES: Final[Mapping[str, str]] = MappingProxyType(
    {code: name for name, codes in _BY_PROVINCE.items() for code in codes.split()},
)


def province(text: str) -> str | None:
    """Name of the province that issued a normalised plate; None where the plate carries no known code."""
    code = text[1:3] if text[:1] == "T" else text[:2]
    return PROVINCES.get(code)
