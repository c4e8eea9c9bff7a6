"""Texts in the encodings of old programs come out as they were written."""

import pytest

from llmcore.data.reading.encoding import decode

RUSSIAN = "Это очень хороший фильм, спасибо\nСрочно позвоните в банк\nПЛОХО. Долго ждал ответа\n"
GREEK = "Η ταινία ήταν πολύ καλή\nΔεν μου άρεσε καθόλου\n"
HEBREW = "הסרט היה טוב מאוד\nלא אהבתי את המוצר\n"
ARABIC = "الفيلم كان جيدا جدا\nلم يعجبني المنتج\n"
TURKISH = "Çok güzel bir film, teşekkürler\nHiç beğenmedim, param boşa gitti\nÜrün kırık geldi\n"
JAPANESE = "これはとても良い映画です\n商品が届きません。返金してください\n"
SIMPLE = "这部电影非常好看\n我对服务很不满意，请退款\n"
TRADITIONAL = "這部電影非常好看\n我對服務很不滿意，請退款\n"
KOREAN = "이 영화는 정말 재미있다\n배송이 너무 늦어요\n"
POLISH = "Dzień dobry, źle się czuję, są błędy\nŚwietny film, polecam każdemu\n"
THAI = "หนังเรื่องนี้ดีมาก\nไม่ชอบเลย\n"
CZECH = (
    "Dnes večer přijdu později, počkej na mě\nTen film byl skvělý, žádný problém\n"
    "Vyhráli jste cenu! Zavolejte hned\n"
)
SLOVAK = "Dnes večer prídem neskôr, počkaj na mňa\nVyhrali ste cenu, koľko to môže stáť?\n"
HUNGARIAN = (
    "Ma este később jövök, kérlek várj meg\nEz a film nagyszerű volt, biztosan megnézem\n"
    "Tegnap vettem egy új cipőt\nHol vannak a kulcsok? Nem találom őket\n"
)
ROMANIAN = "Mulţumesc, totul este în regulă\nAţi câştigat un premiu! Sunaţi la gară\n"
CROATIAN = "Večeras dolazim, molim te čekaj\nMožeš li mi reći gdje si? Šaljem poruku, juče već\n"
SLOVENE = "Danes zvečer pridem, počakaj me\nVčeraj sem kupil čevlje, zagotovo še enkrat, žal\n"
LITHUANIAN = "Ačiū, šiandien ateisiu vėliau\nLaimėjote prizą! Skambinkite į šį numerį\n"
CASES = [
    (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "cp866"), (GREEK, "cp1253"),
    (HEBREW, "cp1255"), (ARABIC, "cp1256"), (TURKISH, "cp1254"), (TURKISH, "iso8859-9"),
    (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (SIMPLE, "gbk"), (TRADITIONAL, "big5"),
    (CZECH, "cp1250"), (CZECH, "iso8859-2"), (SLOVAK, "cp1250"), (SLOVAK, "iso8859-2"),
    (HUNGARIAN, "cp1250"), (HUNGARIAN, "iso8859-2"), (ROMANIAN, "cp1250"), (CROATIAN, "cp1250"),
    (CROATIAN, "iso8859-2"), (SLOVENE, "cp1250"), (SLOVENE, "iso8859-2"), (LITHUANIAN, "cp1257"),
    (KOREAN, "euc-kr"), (POLISH, "cp1250"), (POLISH, "iso8859-2"), (THAI, "cp874"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "encoding"), CASES, ids=[f"{e}-{t[:3]}" for t, e in CASES])
def test_the_letters_are_those_that_were_written(text: str, encoding: str) -> None:
    table = "label,text\n" + "".join(f"ham,{line}\n" for line in text.splitlines())
    found = decode(table.encode(encoding), "x.csv")
    assert found.text == table
    (said,) = found.notices
    assert said.kind == "encoding" and text.splitlines()[0][:20] in said.text


@pytest.mark.parametrize(
    "text",
    ["NÃO FUNCIONA, PÉSSIMO PRODUTO\nSITUAÇÃO\n", "¿Dónde está mi pedido? CAMIÓN\n",
     "Það er gott veður í dag, þýðir það?\nÉg elska þig\n", "hello\u00a0there it\u00a0is x × y\n",
     "Jag älskar den här filmen\nÅh nej\n", "It’s £5 – “free” call now! 50° ½\n",
     "a café, £3\n", "win £100 now\nfor £5\n£9 each, £1 a day, £2\n£7\n",
     "£ 3 or ¥400, 5¢ ©2004, 30 m² and ±2 µm\nso groß, nøglerne, få\n",
     "free ½ price ®brand ™ 20° café £3\n",
     "El col·legi és a prop, però no sé\npiù tardi, perché\n",
     "I aften, vent på mig\nQuè vols? Això és meu\nfå øje på dem\n",
     "Björk, Müller, crème brûlée\n",
     "Où es-tu ? Noël, là-bas, son cœur\nmañana, ¿dónde?\nSituação, informações\nkäännös\n"],
)  # fmt: skip
def test_western_texts_stay_windows_1252(text: str) -> None:
    assert decode(text.encode("cp1252"), "x.txt").encoding.name == "windows-1252"


def test_the_sentence_names_what_else_it_may_be() -> None:
    (said,) = decode("Jó idő van, hogy vagy?\n".encode("cp1250"), "x.txt").notices
    assert said.text.startswith("x.txt is not UTF-8; it was read as Windows-1252")
    assert "(--encoding cp1250" in said.text
    (said,) = decode(HUNGARIAN.encode("cp1250"), "x.txt").notices
    assert "it was read as cp1250" in said.text and "(--encoding cp1252" in said.text


def test_the_marks_of_files_that_were_joined_are_no_letters() -> None:
    part = "label,text\nham,see you\n".encode("utf-8-sig")
    assert decode(part + part, "x.csv").text == 2 * "label,text\nham,see you\n"
