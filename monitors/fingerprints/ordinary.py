"""Ordinary words: those that programmers everywhere write, in names, remarks and messages.

Counted in 667 public packages, each counted alike however large. The rest of the language marks a text.
"""

from __future__ import annotations

EVERYDAY, ORDINARY, RARE = 1, 2, 4  # how much one word of each sort marks a text

# One in 1,500 words or more.
_EVERYDAY = """
    add after all an and any api are arg args arguments array as async at auth await base be before block
    body boolean break buffer build by bytes cache call callback can case catch char check child class
    client close code com config connection const constructor content context count create current data date
    debug default define delete document each element else empty end entry env err error event example
    export exports extends false fetch field file filter first for format from function get github global
    handle handler has hash header headers html http https id if ignore import in index info init input
    instance int invalid is it item join json key last len length let like line link list local log map
    match max message metadata method min mode model module name new next no node not null number obj object
    of offset on only open optional options opts or org other out output own param parent parse path pos
    private process promise prop property props prototype push query range raw read ref remove replace
    request require res resolve response result return root run schema see self server set should size slice
    source src stack start state static status str stream strict string style symbol sync tag target test
    text that the this throw time timeout to token true try type typeof uint undefined unknown update url
    use user utils val valid value var version void we when while will with write you
"""
# In 40 packages or more.
_ORDINARY = """
    abc able abort about above abs absolute abstract acc accept access according account across action
    active actual addition additional address adjust advanced affect again against age agent aggregate
    algorithm alias align alive alloc allow along alpha already also alt alternative always amd amount
    anonymous another ansi anything anyway app appear append apple applicable application apply approach
    appropriate arbitrary aren argument argv arising around arr arrow ascii assert assign associated assume
    asynchronously attach attempt attr attribute attributes authentication author authorization auto
    automatic automatically available avoid away back background backslash backward bad badge bar basename
    bash basic batch because become becomes been begin beginning behavior behaviour being below best beta
    better between big bigint bin binary bind bit bits blank blob blue bool both bottom bound boundary box
    branch broken browser buf bug built bundle but byte calculate callee cancel candidate cannot canonical
    cap capture care carry cast category caught cause ceil center certain chain change channel character
    charge charset children choice choose chrome chunk circular cjs claim clamped classified clean cleanup
    clear cli clone cloud cmd coerce col collect collection colon color column combination combine combined
    come comma command comments commit common compare comparison compat compatibility compatible compile
    complete completion complex component compose compute concat concurrent condition conditional conditions
    configurable configuration configure configured conflict connect consider consistent console constant
    constants construct consume contain container contains contract contributing contributors control
    controller convenience conversion convert cookie copy copyright core correct corresponding could
    coverage credentials cross crypto css ctor ctx curr cursor custom customize cwd cycle damages database
    day db deal debugging dec decide decimal declaration declare decode deep def deferred definition delay
    delimiter delta dependencies dependency depending depends deprecated deps depth derived desc describe
    description descriptor designed desired dest destination destroy detail details detect determine dev
    developer development did didn diff difference different digest digit dir direct direction directly
    directory dirname disable dispatch display dist distribute distribution div do doc docs documentation
    does doesn doing dom domain don done dot double down download drain drop dropped due duplicate duration
    during dynamic earlier early easier easily easy ecma ecmascript edge edit editors effect either email
    embedded emit emitted emitter enable enabled encode encoding encountered endpoint engine enough enqueue
    ensure enter entire entity enum enumerable environment equal equality equivalent escape eslint esm
    especially etc eval evaluate even ever every everything exact exceeded exceeds except exception exclude
    exclusive exec execute exist existing exists exit exp expand expect expected experimental expired
    expires explicit expose express expression ext extend extension external extra extract factor factory
    fail failed failure fall fallback falls far fast feature few ffff figure filename fill final finalize
    find fine finish finite fire firefox fit fitness fix flag flat flatten float floor flow flush folder
    follow following font foo force form formatted forward found foundation four fragment frame free freeze
    fresh full fully func functionality further future gen general generate generator generic getter getting
    git give given go goes going good google got granted graph greater green group guaranteed guard guide
    had half hand happen hard hasn have he head height hello help helper helpers here hereby hex hidden hide
    high hint history hit hold holders home hook host hostname hours how however href hub human identical
    identifier identify identity ids idx ietf image img immediate immutable impl implement implementation
    implemented implements implicit implied important improve inc include includes inclusive incoming
    incompatible incomplete incorrect increase increment indent indicate indicates indicator indices
    individual infer infinite infinity information inherit initial initialization initialize inject inline
    inner insensitive insert inside inspect install installation instanceof instead instructions integer
    intended intentionally interface intermediate internal international interval into introduced invocation
    invoke invoked io isn iso issue issues istanbul iterable iterate iterator its itself java javascript
    just keep kept keyof keyword kind know known label lang language large later latest layer layout
    lazy lead leading leak least leave left legacy less letter level liability liable lib library license
    limit limitation linux listen listener literal little live load locale localhost location lock logged
    logger logging logic logo long look lookup loop lost low lower lowercase mac made main maintain major
    make malformed manage management manager manual manually many mapped mapping mark mask master math
    matter maximum may maybe me mean means media medium member memory merchantability merge meta mid middle
    might migration milliseconds mime minimal minimum minor minus minutes mismatch missing mit mixed mjs mod
    modern modification modifier modify month more most move mozilla msg much multi multiple must my
    namespace native navigator necessary need negative neither nested net network never newline nodejs non
    none noop nor normal normalize note nothing notice now npm nullish num numeric obtaining occur
    occurred occurs octet off often ok old omit omitted once one onerror operation operator ops opt
    optimization option order orig origin original otherwise our outside over overflow overridden override
    overwrite package pad padding page pair parallel parameter parameters part partial particular party pass
    password past patch pathname pattern pause payload pending per percent perform performance period
    permission permitted person pick pipe pipeline pkg place placeholder plain platform please plugin plus
    png point policy polyfill pop populate port position positive possible possibly post potential pow pre
    precedence predicate prefer preferred prefix prepare prepend present preserve prev prevent previous
    primary primitive print prior priority probably problem produce production profile program progress
    project prompt properly protected proto protocol provide provided provider proxy public publish pull
    pure purpose put questions queue quick quote race random rate rather reach reached react readme readonly
    ready real reason receive received recommend recommended record recursion recursive red redirect reduce
    reference reflect refresh reg regardless regex regexp register registry regular reject rel related
    relative release relevant rely remain remainder remaining remote rename render repeat repo report
    reporters represent representation req reserved reset resolution resource responsible rest restore
    restrict restricted resume ret retain retrieve retry reuse reverse rfc right role round route row rule
    running runtime safari safe same sample sanitize satisfies save scale scan schedule scheme scope screen
    script sdk search sec second seconds secret section secure security seen segment select selection
    selector semantic send sensitive sent sep separate separated separator sequence serialization serialize
    service session setter setting settings setup several sha shall shallow shape share shared shell shields
    shift shim short shouldn show shown sibling side sign signal signature silent similar simple simply
    since single site skip skipped slash slightly slow small snapshot so socket software some something
    sometimes soon sort space span sparse spawn spec special specific specification specified specify speed
    splice split spread square stable stackoverflow stand standalone standard star stat stay stderr stdout
    step still stop storage store strategy stringify strip stripped strong structure sub subarray subject
    submit subsequent subset substr substring success successful such suffix suitable sum summary super
    supplied support suppress sure surface svg switch synchronous syntax system tab table tail take taken
    task tell temp template temporary terminal than their them themselves then there therefore these they
    thing third those though three threshold through thrown thus tick timestamp title tls tmp todo together
    too tool top tort total trace track trailing transfer transform transport treat tree tried tries trigger
    trim trimmed truthy ttl tuple turn twice two txt typically ui uid unable unary unavailable unchanged
    under underlying underscore unexpected unhandled unicode union unique unit unix unless unlike
    unnecessary unsafe unset unshift unsigned unsupported until unused unwrap up upgrade upper uppercase uri
    urlencoded us usage useful username using usually utc utf util utility uuid validate validator variable
    variant various verify very via view virtual visible wait walk want warn warnings warranties warranty
    was way weak web well were what whatever whatwg whenever where whether which white whitespace who whole
    whose why width wiki wikipedia win window within without won word work worker workflows world would wrap
    wrapped wrapper wrapping writable written wrong www xml year yes yet yield your zero zip
"""

_COMMONEST = frozenset(_EVERYDAY.split())
_KNOWN = _COMMONEST | frozenset(_ORDINARY.split())

# "mappings" is as ordinary as "mapping": endings, and what stood in their place.
_ENDINGS = (
    ("s", ""), ("es", ""), ("ed", ""), ("ed", "e"), ("d", ""), ("ing", ""), ("ing", "e"), ("ly", ""),
    ("er", ""), ("er", "e"), ("ies", "y"), ("ied", "y"), ("ion", ""), ("ion", "e"), ("able", ""),
    ("ment", ""),
)  # fmt: skip
_SHORTEST_STEM = 3


def weight(word: str) -> int:
    """How much this word, in lower case, marks a text: EVERYDAY, ORDINARY or RARE."""
    if word in _COMMONEST:
        return EVERYDAY
    return ORDINARY if is_ordinary(word) else RARE


def is_ordinary(word: str) -> bool:
    """Whether programmers everywhere write this word (in lower case), or one that it is made from."""
    return word in _KNOWN or any(stem in _KNOWN for stem in _stems(word))


def _stems(word: str) -> list[str]:
    cut = [(word.removesuffix(ending), instead) for ending, instead in _ENDINGS if word.endswith(ending)]
    return [stem + instead for stem, instead in cut if len(stem) >= _SHORTEST_STEM]
