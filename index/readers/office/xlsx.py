"""Excel tables (.xlsx): every visible sheet whose first row names a column of texts."""

from collections.abc import Iterator
from datetime import datetime

from index.core.articles import Skip
from index.core.records import RawRecord, Unreadable
from index.readers.common import error_line
from index.readers.file import File
from index.readers.office.package import opened, require_no_entities
from index.readers.tables import read_rows

MAX_COLUMNS = 200
UNPACKED = 5  # times the largest file: a sheet of texts packs five to one


def read_xlsx(file: File) -> Iterator[RawRecord | Skip]:
    """Every row of the sheets is an article, as in a CSV file; formulas count with their value."""
    import io

    from openpyxl import load_workbook

    _require_harmless(file)
    try:
        book = load_workbook(io.BytesIO(file.data), read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except MemoryError:
        raise
    except Exception as error:  # on a broken file openpyxl raises almost anything
        raise _broken(error) from None
    refused: Unreadable | None = None
    read = 0
    for sheet in sheets:
        rows = _rows(sheet, file.limits.records + 2)
        prefix = f"{sheet.title[:100]}!" if len(sheets) > 1 else ""
        try:
            for one in read_rows(rows, file.path, file.limits, file.fields, prefix):
                read += 1
                yield one
        except Unreadable as problem:
            refused = problem
    if refused and not read:
        raise refused


def _require_harmless(file: File) -> None:
    with opened(file.data, file.limits, "bad_xlsx", "Excel file") as package:
        most = UNPACKED * file.limits.file_bytes
        if package.sizes() > most:
            raise Unreadable("bomb", f"The Excel file unpacks to more than {most:,} bytes.")
        for name in package.names:
            if name.endswith((".xml", ".rels")):
                require_no_entities(package.read(name, 4096), "bad_xlsx")


def _rows(sheet: object, most: int) -> Iterator[list[str]]:
    """The cells of the first rows as text; the declared size of a sheet is not believed."""
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    try:
        rows = sheet.iter_rows(values_only=True, max_row=most, max_col=MAX_COLUMNS)  # type: ignore[attr-defined]
        for row in rows:
            yield [_text(cell) for cell in row]
    except MemoryError:
        raise
    except Exception as error:
        raise _broken(error) from None


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _broken(error: Exception) -> Unreadable:
    return Unreadable("bad_xlsx", f"The Excel file cannot be read: {error_line(error)}.")
