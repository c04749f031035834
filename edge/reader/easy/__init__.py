"""EasyOCR as a plate reader: our own network inside it, or its stock weights. Needs the extra `easyocr`."""
