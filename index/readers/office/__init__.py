"""Documents of office programs and books: PDF, Word, OpenDocument, RTF, Excel and EPUB."""
