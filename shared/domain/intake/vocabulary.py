"""What people call the fields of a form, in the languages our users write forms in. A table; decides nothing.

Written as people write them; compared folded (no case, spaces, punctuation, accents). Exact matches only: a field
that is not listed stays an answer, it is never guessed by its value.
"""

from collections.abc import Mapping
from typing import Final

from shared.domain.intake.text import fold

_WORDS: Final = {
    "email": "email,e-mail,mail,email address,e-mail address,your email,your e-mail,user email,work email,"
    "business email,work e-mail,company email,corporate email,contact email,email id,emails,email registration,почта,"
    "эл. почта,"
    "электронная почта,адрес электронной почты,емейл,имейл,ваш email,ваш e-mail,електронна пошта,пошта,ел. пошта,"
    "електронна адреса,adres email,adres e-mail,twój email,twój e-mail,poczta,correo,correo electrónico,"
    "courriel,adresse email,adresse e-mail,e-mail-adresse,epost,e-postadress,endereço de email",
    "phone": "phone,phone number,tel,telephone,telephone number,mobile,mobile phone,mobile number,cell,cell phone,"
    "your phone,your tel,your phone number,work phone,work phone number,contact phone,contact number,phones,phone_e164,"
    "телефон,номер телефона,ваш телефон,мобильный,мобильный телефон,контактный телефон,номер телефону,мобільний,"
    "мобільний телефон,контактний телефон,telefon,numer telefonu,nr telefonu,telefon komórkowy,twój telefon,teléfono,"
    "número de teléfono,telefonnummer,numéro de téléphone,téléphone,telefone,celular,numero di telefono,telefono",
    "name": "full name,name,your name,contact name,person name,lead name,customer name,client name,user name full,"
    "what is your name,what's your name,your full name,имя,фио,ф.и.о.,ваше имя,имя и фамилия,фамилия и имя,полное имя,"
    "фамилия имя отчество,как вас зовут,ім'я,ваше ім'я,піб,п.і.б.,повне ім'я,прізвище та ім'я,ім'я та прізвище,"
    "imię i nazwisko,nazwisko i imię,imię nazwisko,twoje imię,pełne imię i nazwisko,nombre,nombre completo,"
    "nombre y apellidos,nom complet,vollständiger name,vor- und nachname,nome completo,nome,ad soyad",
    "first_name": "first name,firstname,given name,fname,your first name,first,имя (first),imię,vorname,prénom,"
    "primer nombre,förnamn",
    "last_name": "last name,lastname,surname,family name,lname,your last name,last,фамилия,ваша фамилия,прізвище,"
    "nazwisko,nachname,familienname,apellido,apellidos,nom de famille,cognome,sobrenome,efternamn,soyad",
    "company": "company,company name,organization,organisation,organization name,organisation name,business name,"
    "employer,your company,account name,компания,название компании,организация,название организации,ваша компания,"
    "компанія,"
    "назва компанії,організація,firma,nazwa firmy,nazwa firmy / instytucji,przedsiębiorstwo,empresa,"
    "nombre de la empresa,entreprise,société,unternehmen,azienda,företag",
    "title": "title,job title,position,job position,role,job role,occupation,your position,должность,ваша должность,"
    "посада,stanowisko,cargo,puesto,poste,fonction,berufsbezeichnung",
    "country": "country,country code,country name,страна,країна,kraj,país,pays,land",
    "vendor_id": "id",
    "occurred_at": "occurred at,submitted at,created at,created time,create time,date created,created,timestamp,"
    "submission date,date submitted,submission time,event time,datetime,time stamp,happened at",
    "anonymous_id": "anonymous id,anon id,ajs anonymous id,visitor id",
    "user_id": "user id",
    "external_id": "external id",
    "page_url": "page url,url,page,source url,landing page,landing page url,page uri,page link,href",
    "referrer": "referrer,referer,http referer,referrer url,document referrer",
    "ip": "ip,ip address,remote ip,client ip,user ip",
    "user_agent": "user agent,useragent",
    "consent_text": "consent text",
}

SPECIFIC_IDS: Final = tuple(
    fold(word)
    for word in [
        "lead_id",
        "submission_id",
        "response_id",
        "entry_id",
        "event_id",
        "sg_event_id",
        "tranid",
        "request_id",
        "submission_uuid",
        "event_uuid",
        "facebook_lead_id",
        "leadgen_id",
    ]
)
"""Names of ids that are looked for before a bare ``id``, in this order. Each names one event: an id that several share
(of a message, of a visitor) would let all but the first disappear as duplicates."""

SYNONYMS: Final[Mapping[str, str]] = {
    fold(word): field for field, words in reversed(_WORDS.items()) for word in words.split(",")
}
"""Folded name of a form field → our name of it."""

CONTACT: Final = frozenset({"email", "phone", "name", "first_name", "last_name", "company", "title", "country"})
"""Fields that must come from the same object, so that a form's own name never becomes a person's."""

WRAPPERS: Final = frozenset(
    fold(word)
    for word in [
        "lead",
        "contact",
        "person",
        "customer",
        "client",
        "user",
        "payload",
        "data",
        "fields",
        "answers",
        "form_data",
        "form",
        "submission",
        "form_response",
        "response",
        "values",
        "attributes",
        "properties",
        "traits",
        "params",
        "body",
        "record",
        "profile",
        "field_data",
        "custom_fields",
        "user_column_data",
        "smart_tags",
        "meta",
        "context",
        "tracking",
        "hidden",
    ]
)
"""Objects that are looked into when the outer one does not say who it is about."""

PROCESSING_KEYS: Final = frozenset(
    fold(word)
    for word in [
        "consent",
        "consent_given",
        "agree",
        "agreement",
        "i_agree",
        "privacy",
        "privacy_consent",
        "privacy_policy",
        "gdpr",
        "gdpr_consent",
        "rodo",
        "acceptance_rodo",
        "acceptance",
        "checkbox",
        "согласие",
        "согласие на обработку данных",
        "согласие на обработку персональных данных",
        "згода",
        "згода на обробку даних",
        "згода на обробку персональних даних",
        "zgoda",
        "zgoda rodo",
        "zgoda na przetwarzanie danych",
        "zgoda na przetwarzanie danych osobowych",
    ]
)
"""Check boxes that mean consent to processing when nobody bound them to a text. Advertising is never read into them."""

HONEYPOTS: Final = frozenset(
    fold(word)
    for word in [
        "hp_field",
        "hp",
        "honeypot",
        "honey_pot",
        "_gotcha",
        "bot-field",
        "contact_me_by_fax",
        "_honey",
        "url_confirm",
    ]
)
"""Hidden fields that only machines fill."""

NOISE: Final = frozenset(
    fold(word)
    for word in [
        "token",
        "g-recaptcha-response",
        "h-captcha-response",
        "cf-turnstile-response",
        "csrf",
        "csrf_token",
        "_token",
        "_wpnonce",
        "password",
        "writekey",
        "cookies",
        "test",
        "map",
        "region",
    ]
)
"""Fields that are nobody's answer, and secrets."""

_YES: Final = (
    "yes,true,1,on,y,t,ok,checked,given,granted,agree,agreed,accepted,accept,i agree,да,так,tak,ja,oui,si,sí,sim,evet"
)
_NO: Final = "no,false,0,off,n,f,unchecked,withdrawn,denied,declined,revoked,нет,ні,nie,nein,non,não,hayır"
TRUTH: Final[Mapping[str, bool]] = {fold(word): True for word in _YES.split(",")} | {
    fold(word): False for word in _NO.split(",")
}
AGREEING: Final = (
    "соглас",
    "згод",
    "zgadzam",
    "wyrazam",
    "akcept",
    "iagree",
    "iaccept",
    "iconsent",
    "acepto",
    "jaccepte",
)
"""Beginnings of what the label of a ticked box says, folded."""
