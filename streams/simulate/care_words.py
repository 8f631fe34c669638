"""What a simulated care team and the customers around it say. No sentence names the brand: no topic matches it."""

from random import Random
from typing import Final

TEMPLATES: Final = (
    "Hi {name}, we are sorry to hear about this. Please send us a direct message with your order number {order}.",
    "Hello {name}! Thank you for reaching out. We have passed your feedback on to the team in charge. {agent}",
    "Dear {name}, we apologise for any inconvenience caused. Our colleagues are working on it with priority {agent}",
    "Hey {name}, that is not what we want for you. Could you write to us at our help page, quoting {order}?",
)
TONE_DEAF: Final = (
    "Refunds can take up to 30 days as you agreed to in our terms, please read them before you complain.",
    "We have no such problem on our side, please check your phone before you blame the app.",
    "As a valued customer you will surely understand that these things take time. Have a great day!",
)
_OPENINGS: Final = (
    "Ouch, {name}, that should have been there long ago.",
    "I just looked at {order} myself, {name}.",
    "Good that you ask, because the {item} is stuck with the bank and not with us.",
    "{name}, you are right and I am not going to talk around it.",
    "Found it: the warehouse booked your {item} in on {day}, but nobody pressed the button.",
    "Nine days is far too long, I agree.",
    "Thanks for the picture, the label on the {item} is the old one.",
    "I rang the shop about your {item} a minute ago.",
    "No, {day} was wrong, that was our mistake in the mail.",
    "The chat closed because it was full, not because of you.",
    "Two different people looked at {order} and both missed it.",
    "Oh no, twice in one month, {name}?",
)
_MIDDLES: Final = (
    "The money went out at noon and shows by {day}.",
    "I have put the amount back by hand and it needs one more signature.",
    "Your bank sent it back because the card had expired, so we need the new one.",
    "A voucher was made instead of a payment, which I have turned around.",
    "It hangs on the update from {day}, and a fixed one is with the shops now.",
    "Nothing is lost, it only says so in the app until {day}.",
    "My colleague in the depot is opening the box with the {item} as I write.",
    "We took the delivery fee off as well, since that was never yours to pay.",
    "The courier signed for it at your neighbour in number {number}.",
    "You will get a new {item} and keep the broken one.",
    "There is a form for this that nobody told you about, I filled it in for you.",
    "I cannot see more than you do from here, so I asked accounts to call.",
    "It was counted under your old address in the other town.",
    "They had it under the wrong name, with one letter missing.",
)
_ENDINGS: Final = (
    "Tell me here if {day} passes without it.",
    "I stay on it until it is with you.",
    "If the phone rings from {number}, that is me.",
    "Shout if anything is odd with the {item}.",
    "Let me know whether the {item} survived.",
    "That is all I know at this hour.",
    "It will not be as slow the next time.",
    "And sorry for the music in the queue.",
    "You need not do anything more.",
    "Greetings to the dog in the picture!",
)
_WHO: Final = (
    "I",
    "Marta from the depot",
    "our night shift",
    "somebody at the bank",
    "the driver",
    "the shop on {day}",
    "my colleague",
    "accounts",
    "the robot in the warehouse",
    "whoever packed it",
)
_DID: Final = (
    "found",
    "just released",
    "had put aside",
    "wrongly closed",
    "sent back",
    "is signing",
    "checked twice",
    "could not open",
    "has corrected",
    "never got",
    "will bring",
    "lost track of",
)
_WHAT: Final = (
    "your {item}",
    "the payment",
    "box {number}",
    "the second mail",
    "the form from {day}",
    "order {order}",
    "the spare part",
    "that voucher",
    "the whole batch",
    "the {item} you liked",
)
_WHERE: Final = (
    "in Lyon",
    "behind the counter",
    "without telling us",
    "at the border",
    "this minute",
    "in the old system",
    "on {day} evening",
    "by hand",
    "next to number {number}",
    "over the weekend",
)
_AND: Final = (
    "so it is on its way.",
    "which should not happen.",
    "and will ring you at six.",
    "because of the snow.",
    "and I owe you an apology.",
    "therefore the delay.",
    "as far as I can see.",
    "but not the charger.",
    "and that explains the text you got.",
    "so look again tonight.",
)
_STOCK: Final = 0.4
_HELP: Final = (
    "Log out, delete the app and sign in with the browser, then the {item} shows up again.",
    "Mine came through after I wrote to the shop where I bought it, try that.",
    "You can find the money under credits in the old menu, it worked for me.",
    "The phone line opens at eight and they are really quick and kind there.",
    "Your bank can help as well, ask them for the reference of {day}.",
)
_THANKS: Final = (
    "Oh great, that worked, thank you so much!",
    "Thanks, you are the best!",
    "That was it, I am so happy, thank you!",
)
_GRUMBLE: Final = ("Still nothing, useless answer.", "That does not help me at all, awful.", "Bad, same as last week.")
_FRIENDLY: Final = ("Okay, I will wait for it then.", "Thank you, I sent it.", "Done, good to know.")
_ANGRY: Final = (
    "What a terrible answer, shame on you.",
    "This is a joke, you are stealing from people.",
    "Disgusting way to talk to customers, never again.",
    "Horrible. So it is our fault now?",
    "Worst reply I have ever read, I am furious.",
    "Arrogant and useless, cancel my account.",
)
_NAMES: Final = (
    "Ann",
    "Bob",
    "Carla",
    "Dev",
    "Eve",
    "Finn",
    "Gita",
    "Hugo",
    "Ines",
    "Jon",
    "Kim",
    "Lea",
    "Max",
    "Noor",
)
_ITEMS: Final = ("jacket", "lamp", "kettle", "desk", "coat", "rug", "backpack")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def filled(sentence: str, draw: Random) -> str:
    """The sentence with its slots filled."""
    return sentence.format(
        name=draw.choice(_NAMES),
        order=f"{draw.choice('ABCD')}{draw.randrange(10_000, 99_999)}",
        agent=f"^{draw.choice(_NAMES)[:2].upper()}",
        item=draw.choice(_ITEMS),
        day=draw.choice(_DAYS),
        number=draw.randrange(2, 400),
    )


def written(draw: Random) -> str:
    """A reply that somebody wrote for this one customer: a stock phrase now and then, the rest as it comes."""
    parts = [draw.choice(_OPENINGS)] if draw.random() < _STOCK else []
    parts += [_clause(draw) for _ in range(draw.choice((1, 2, 2, 3)))]
    if draw.random() < _STOCK:
        parts.append(draw.choice((*_MIDDLES, *_ENDINGS)))
    return filled(" ".join(parts), draw)


def _clause(draw: Random) -> str:
    words = [draw.choice(_WHO), draw.choice(_DID), draw.choice(_WHAT), draw.choice(_WHERE), draw.choice(_AND)]
    return " ".join(words)


def helpful(draw: Random) -> str:
    """One customer to another."""
    return filled(draw.choice(_HELP), draw)


def thanks(draw: Random) -> str:
    """Of who was helped."""
    return draw.choice(_THANKS)


def after_a_reply(draw: Random, *, negative: float) -> str:
    """What is said to an ordinary reply of the care team."""
    return draw.choice(_GRUMBLE if draw.random() < negative else _FRIENDLY)


def outrage(draw: Random, *, negative: float) -> str:
    """What is said to a reply that hurts."""
    return draw.choice(_ANGRY if draw.random() < negative else _FRIENDLY)
