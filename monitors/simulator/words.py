"""Words that generated code and accounts are made of."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


NOUNS = _words(
    """
    account agent anchor answer archive banner batch beacon binder bridge bucket buffer bundle cache
    canvas channel chapter cipher client clock cluster column command context cookie corner counter
    cursor device digest editor engine entry epoch event export feature fiber filter folder forest frame
    gadget garden gateway harbor header hint history import index issue journal kernel kettle ladder
    lantern layer ledger lens limit locale locker logger marker matrix memory menu mirror module needle
    notice orbit packet palette panel parcel parser patch pebble pixel planet plugin pocket policy
    portal prompt proxy pulse queue radar reader record region relay report request river router runner
    sample schema screen script secret session shadow shell signal sketch socket source spark spool
    stack stage stream string switch symbol table target tariff ticket timer token tracker tunnel
    turbine vault vector vessel viewer volume walker widget window worker wrapper
    """
)

VERBS = _words(
    """
    accept adjust append apply arrange attach balance bind build cancel check choose clean close collect
    combine commit compare compile connect convert copy count create decode defer detach drain draw drop
    emit encode ensure evaluate expand extract fetch filter find flatten flush fold follow format freeze
    gather grow hash ignore inspect invoke join keep label limit link listen load lock map mark measure
    merge mount move narrow notify open order pack parse patch pause pick place plan poll print probe
    prune publish pull push read recover reduce refresh register release render repeat replace report
    reset resolve restore resume retry return reverse rotate route save scan schedule seal select send
    settle shift show sign sort split spread start stop store strip submit swap sync take test track
    transform trim unfold update validate verify visit wait walk watch weigh wrap write yield
    """
)

FOLDERS = _words(
    """
    agents api bridge cli commands components config context core hooks ink keys memory native
    permissions plugins query remote schemas screens server services session skills state tasks tools
    types upstream utils vim voice
    """
)

FIRST = _words(
    """
    amber arctic binary brave calm clever cobalt copper cosmic crimson dusty eager early electric fancy
    feral frosty gentle golden happy hidden hollow humble idle indigo ivory jolly keen late lazy little
    lucky mellow midnight misty nimble noble northern odd olive patient plain polar proud quick quiet
    rapid rusty sandy scarlet secret shy silent silver sleepy solar spare spicy steady stormy subtle
    sunny swift tiny urban velvet violet wandering warm wild windy young
    """
)

SECOND = _words(
    """
    badger bear beaver bee bison camel cat condor coyote crab crane crow deer dingo dolphin dove duck
    eagle eel falcon ferret finch fox frog gecko goat goose gull hare hawk heron ibis jackal jay koala
    lark lemur lion llama lynx marten mink mole moose moth mouse newt octopus orca otter owl panda
    parrot pelican pike puffin puma quail rabbit raven robin salmon seal shark shrew skunk sloth snail
    spider squid stoat stork swan tapir tiger toad trout turtle viper vole walrus weasel whale wolf
    wombat wren yak zebra
    """
)
