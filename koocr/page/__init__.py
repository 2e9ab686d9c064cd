"""From a picture of a page to its text in the order of reading; start at `koocr.page.reader`."""
