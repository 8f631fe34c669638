"""Function words of seventeen languages: those that hold a sentence together."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LISTS: Final = """
en: the a i is are was were and to of my your you i it this that these for with not be have has had
    they we our from but just will been would should could what why how when who which can can't
    don't didn't won't isn't i'm it's i've you're there their them his her its than then because
    about after before again never always all any some more no or if as at by an on do does did us
    too very still even only get got
de: der das und ist ein eine einen einer nicht mit für auf dem den von zu ich wir ihr sie es
    auch wird wurde werden bei nach wie aber oder wenn noch nur schon mein meine mir mich euch kein
    keine sind hab habe seit dass mal immer wieder jetzt zum zur über
fr: le les une et est du des dans pour pas je vous nous il elle sur avec ce cette qui que ne au aux
    mon ma mes votre vos sont être fait encore mais très c'est j'ai n'est tout toujours depuis rien
es: el los las una y es del para con no se por lo su sus al este esta pero más muy mi me que como ya
    está son todo cuando porque nada siempre sin hay fue
pt: os as um uma e é do da dos das para com não se por que no na nos nas meu minha mais mas muito
    foi está são já como vocês você sem nada isso
it: il gli una e è di della del dei per con non si che sono mio mia più ma anche questo questa come
    ho hai ha nel alla dal sempre perché molto ancora ci mi
nl: het een en van niet met voor op zijn ik je jullie wij ze dat dit maar ook nog wel naar bij er
    heb heeft wordt geen mijn al weer hoe uit
sv: och är det en ett att inte med för på av jag ni vi som har till från men om så kan min mitt alla
    igen aldrig mycket den de
da: og er det en et at ikke med for på af jeg vi som har til fra men om så kan min mit alle igen
    aldrig meget den de
no: og er det en et at ikke med for på av jeg vi som har til fra men om så kan min mitt alle igjen
    aldri mye den de
pl: i w na nie się jest do z że to jak co ale już tak czy dla od po przez za o mnie mam był była są
    tylko
tr: ve bir bu için ile çok ama değil daha ne var yok gibi kadar ben siz biz olarak mi
fi: ja on ei se että en oli mutta kun niin myös ovat tai minun miten nyt vain aina joka
id: yang dan di ini itu dengan untuk tidak dari ke saya kami ada akan sudah bisa juga karena
cs: a je se na v že to jak ale už tak pro od po za s jsem jste není by který která i o
hu: a az és nem hogy egy is van volt ez meg de csak már még mint nagyon
ro: și este nu la cu pe un o în de din care să mai sunt pentru am ați dar foarte
"""

# Names are full of these ("Los Angeles", "El Al", "Van der Valk"), or several languages share them.
_WEAK_LIST: Final = """
el los las la le les de del der den di da do dos das du van en et al y e i o a w z v s na no se me
mi ha var ben on is as at an or to min all es il ma nu son sin con per pas ja co je us did her any
more for bin era we per come si am
"""


def _read(lists: str) -> dict[str, frozenset[str]]:
    found: dict[str, list[str]] = {}
    language = ""
    for word in lists.split():
        if word.endswith(":"):
            language = word[:-1]
        else:
            found.setdefault(language, []).append(word)
    return {language: frozenset(words) for language, words in found.items()}


FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(_read(_LISTS))
WEAK_WORDS: Final = frozenset(_WEAK_LIST.split())
