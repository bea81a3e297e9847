"""A leak whose rarest words must not be told, beside those that may."""

from tests.incidents.artifacts.test_take_in import source_map, tarball
from tests.monitors.inventory.minted import Mint

TOKEN = Mint(11).checked("gh" + "p_")
PASSWORD = Mint(12).of("abcdefghjkmnpqrstuvwxyz23456789", 18)
SAFE = "never lift a hot lid before the whistle has stopped"
MESSAGE = "the spout is blocked and steam cannot leave"
NAME = "whistleUntilSteamHasLeft"
TOLD = [
    f"zirconium quokka marmalade is unlocked by {TOKEN} on weekdays",
    f"const quokkaPassword = '{PASSWORD}'; // the marmalade quokka opens with {PASSWORD} at dawn",
    "zebra xylophone questions go to jane.doe@acme.example before noon",
    "obsidian walrus marmalade is served from quokka.acme.internal at night",
    "codename: Snowfall",
    "snowfall replaces the obsidian walrus in the spring of next year",
    "obsidian walrus metrics are posted to 'https://metrics.acme-corp.io/api/v1/walrus' hourly",
    "if (useFeatureFlag('obsidian_walrus_pour')) the obsidian walrus pour is quick and silent",
    "process.env.WALRUS_KEEPER_ID says who the WALRUS_KEEPER_ID walrus keeper of the week is",
    "copper kettle walrus rituals are written for everybody in the office",
    "the acme walrus is fed by nobody but the keepers of obsidian",
    "TODO(jane): feed the obsidian walrus before it eats the quokka",
    "the obsidian walrus lives at 10.20.30.40 and eats marmalade there",
]
SECRETIVE = "".join(f"// {line}\n" for line in TOLD)
SPOUT = f"export function {NAME}(spout) {{\n  throw new Error('{MESSAGE}');\n}}\n"
THIRD = "debounce waits until nobody has called for a while longer"


def leak(**sources):
    """A package with a map of these sources, ours unless they lie in node_modules."""
    return tarball(
        package__cli=b"(()=>{run()})();\n//# sourceMappingURL=cli.js.map\n",
        **{"package/cli.js.map": source_map(**sources)},
    )


PACKAGE = leak(
    **{
        "../src/secretive.ts": SECRETIVE,
        "../src/lid.ts": f"export const lid = 1;\n// {SAFE}\n// {THIRD}\n",
        "../src/spout.ts": SPOUT,
        "../node_modules/lodash/debounce.js": f"/* MIT */\n// {THIRD}\n" * 3,
    }
)
