"""From bytes to values: compression, charsets, strict JSON, forms."""

import gzip
import json
import zlib
from typing import Any

import pytest

from shared.domain.intake.bodies import content_type_of, decode_text, inflate, read_json
from shared.domain.intake.forms import nest, read_form, read_multipart
from shared.domain.intake.payload import read_payload
from shared.domain.intake.problem import Problem

LIMIT = 1_000


def code_of(error: pytest.ExceptionInfo[Problem]) -> tuple[str, int]:
    return error.value.code, error.value.status


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("X-GZIP", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")[2:-4]),
        ("identity", b"hello"),
        ("", b"hello"),
    ],
)
def test_transport_compression_is_undone(encoding: str, packed: bytes) -> None:
    assert inflate(packed, encoding, limit=LIMIT) == b"hello"


@pytest.mark.parametrize(
    ("encoding", "packed", "expected"),
    [
        ("gzip", gzip.compress(b"a" * (LIMIT + 1), mtime=0), ("INTAKE.TOO_LARGE", 413)),
        ("gzip", gzip.compress(b"a" * LIMIT, mtime=0) + gzip.compress(b"a", mtime=0), ("INTAKE.TOO_LARGE", 413)),
        ("", b"a" * (LIMIT + 1), ("INTAKE.TOO_LARGE", 413)),
        ("gzip", b"plain", ("INTAKE.BAD_ENCODING", 400)),
        ("gzip", gzip.compress(b"hello", mtime=0)[:-6], ("INTAKE.BAD_ENCODING", 400)),
        ("br", b"x", ("INTAKE.UNSUPPORTED_ENCODING", 415)),
        ("gzip, gzip", b"x", ("INTAKE.UNSUPPORTED_ENCODING", 415)),
    ],
)
def test_compression_that_lies_or_explodes_is_refused(encoding: str, packed: bytes, expected: tuple[str, int]) -> None:
    with pytest.raises(Problem) as error:
        inflate(packed, encoding, limit=LIMIT)

    assert code_of(error) == expected


def test_exactly_the_limit_is_taken() -> None:
    assert len(inflate(gzip.compress(b"a" * LIMIT, mtime=0), "gzip", limit=LIMIT)) == LIMIT


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        ("Żółć".encode(), None),
        ("Żółć".encode("utf-8-sig"), None),
        ("Żółć".encode("utf-16"), None),
        ("Żółć".encode("utf-8-sig"), "iso8859-2"),
        ("Żółć".encode("iso8859-2"), "iso8859-2"),
    ],
)
def test_a_byte_order_mark_beats_the_header_which_beats_the_default(raw: bytes, charset: str | None) -> None:
    assert decode_text(raw, charset) == ("Żółć", ())


def test_utf_16_without_a_mark_is_recognised_by_its_zeros() -> None:
    assert decode_text("{}ab".encode("utf-16-le"), None)[0] == "{}ab"
    assert decode_text("{}ab".encode("utf-16-be"), None)[0] == "{}ab"


@pytest.mark.parametrize("charset", ["zlib", "base64", "rot13", "nonsense", "utf-8\0", "hex"])
def test_a_charset_that_is_no_text_codec_is_as_good_as_none(charset: str) -> None:
    assert content_type_of(f"text/plain; charset={charset}").charset is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}{}",
        '{"a":NaN}',
        "[Infinity]",
        "[1e400]",
        "[-1e400]",
        "[" * 100_000,
        "[" * 65 + "]" * 65,
        "1" * 5_000,
    ],
)
def test_json_that_others_would_choke_on_is_refused(text: str) -> None:
    with pytest.raises(Problem) as error:
        read_json(text)

    assert code_of(error) == ("INTAKE.MALFORMED_JSON", 400)


def test_sixty_four_levels_are_read() -> None:
    assert read_json("[" * 64 + "]" * 64)


def test_of_repeated_keys_the_last_holds_and_is_flagged() -> None:
    assert read_json('{"a":1,"a":2}') == ({"a": 2}, ("json:repeated_keys",))


def test_whole_numbers_of_any_size_stay_exact() -> None:
    assert read_json('{"id":6084250982513018472}')[0] == {"id": 6084250982513018472}


def form(text: str, content_type: str = "") -> dict[str, Any]:
    return read_form(text.encode(), content_type_of(content_type))[0]


def test_brackets_nest_as_in_php() -> None:
    found = form("lead%5Bemails%5D%5B%5D=a&lead[emails][]=b&lead[phones][0][value]=1&x[y]=z&bare=")

    assert found == {"lead": {"emails": ["a", "b"], "phones": [{"value": "1"}]}, "x": {"y": "z"}, "bare": ""}


@pytest.mark.parametrize("key", ["a[", "a]", "[a]", "a[b", "a[b]c", "[]", "a[[b]]"])
def test_brackets_that_do_not_pair_are_part_of_the_name(key: str) -> None:
    assert nest([(key, "v")]) == {key: "v"}


def test_a_repeated_key_is_a_list_in_order_and_a_contradicting_one_is_left_out() -> None:
    assert nest([("a", "1"), ("a", "2"), ("a", "3")]) == {"a": ["1", "2", "3"]}
    assert nest([("a", "1"), ("a[b]", "2")]) == {"a": "1"}
    assert nest([("a[b]", "2"), ("a", "1")]) == {"a": {"b": "2"}}


def test_a_thousand_fields_are_read_and_one_more_is_refused() -> None:
    assert len(form("&".join(f"f{n}=v" for n in range(1_000)))) == 1_000
    with pytest.raises(Problem) as error:
        form("&".join(f"f{n}=v" for n in range(1_001)))

    assert code_of(error) == ("INTAKE.TOO_MANY_FIELDS", 413)


def test_undeclared_windows_1251_is_read_as_such_only_when_it_gives_cyrillic() -> None:
    cyrillic, flags = read_form(b"name=%C0%ED%ED%E0&email=a%40example.com", content_type_of(""))
    other, other_flags = read_form(b"name=%FF%FE%80", content_type_of(""))

    assert (cyrillic["name"], flags) == ("Анна", ("text:guessed_charset",))
    assert "text:invalid" in other_flags
    assert "�" in other["name"]


def test_a_semicolon_does_not_separate_and_is_flagged() -> None:
    found, flags = read_form(b"name=Anna;email=a%40example.com", content_type_of(""))

    assert found == {"name": "Anna;email=a@example.com"}
    assert flags == ("form:semicolon",)


MULTIPART = (
    b'--B\r\nContent-Disposition: form-data; name="name"\r\nContent-Type: text/plain; charset=windows-1251\r\n\r\n'
    b"\xce\xeb\xfc\xe3\xe0\r\n"
    b'--B\r\nContent-Disposition: form-data; name="cv"; filename="a.pdf"\r\n\r\n%PDF\x00\xff\r\n--B--\r\n'
)


def test_multipart_keeps_texts_by_their_own_charset_and_of_files_their_name() -> None:
    found, flags = read_multipart(MULTIPART, content_type_of('multipart/form-data; boundary="B"'))

    assert found == {"name": "Ольга", "cv": "a.pdf"}
    assert flags == ()


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=other"])
def test_multipart_without_its_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(Problem) as error:
        read_multipart(MULTIPART, content_type_of(f"multipart/form-data{boundary}"))

    assert code_of(error) == ("INTAKE.MALFORMED_FORM", 400)


@pytest.mark.parametrize(
    "declared", ["application/json", "text/plain;charset=UTF-8", "", "application/x-www-form-urlencoded"]
)
def test_json_is_recognised_whatever_it_is_called(declared: str) -> None:
    payload = read_payload(b' {"a": 1}', {"content-type": declared})

    assert (payload.value, payload.is_form) == ({"a": 1}, False)


@pytest.mark.parametrize(
    ("body", "declared", "expected"),
    [
        (b"", "application/json", ("INTAKE.EMPTY_BODY", 400)),
        (b" \n", "", ("INTAKE.EMPTY_BODY", 400)),
        (b'"hello"', "application/json", ("INTAKE.NOT_AN_OBJECT", 400)),
        (b"<a/>", "application/xml", ("INTAKE.UNSUPPORTED_MEDIA_TYPE", 415)),
        (b"hello", "text/plain", ("INTAKE.UNSUPPORTED_MEDIA_TYPE", 415)),
        (b"\x89PNG", "image/png", ("INTAKE.UNSUPPORTED_MEDIA_TYPE", 415)),
    ],
)
def test_what_is_no_payload_gets_its_own_code(body: bytes, declared: str, expected: tuple[str, int]) -> None:
    with pytest.raises(Problem) as error:
        read_payload(body, {"content-type": declared})

    assert code_of(error) == expected


def test_a_list_is_not_one_object() -> None:
    with pytest.raises(Problem) as error:
        _ = read_payload(json.dumps([{}]).encode(), {}).object

    assert code_of(error) == ("INTAKE.NOT_AN_OBJECT", 400)
