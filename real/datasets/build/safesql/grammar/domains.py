"""The domains of the grammar. Names of tables and columns are no SQL keywords; words that mean a parent are unique."""

from __future__ import annotations

from real.datasets.build.safesql.grammar.domain import Domain, Number, Text

# One block a domain: what the organisation does / table, noun, label / first and last words of labels /
# two texts with their values / two numbers (name low high, * marks decimals), date / parent table, noun, place, places.
_BLOCKS = """
bakery | A bakery keeps a list of the cakes that it bakes
cakes cake name
Lemon Almond Cherry Cocoa Honey Queen's | Crown Dream Slice Ring Star
shape: round square oblong tiered layered | icing: sugar butter cream glaze plain fondant
price 8 60, slices 4 24, baked_on
bakers baker town: Bath York Leeds Derby Truro Ripon

library | A town library records what stands on its shelves
books book title
Silent Hidden Broken Winter Distant Sailor's | River Garden Letter Harbour Mirror
genre: poetry history travel crime drama fable | binding: paperback cloth leather spiral board
pages 80 640, loans 0 90, bought_on
authors author country: Norway Chile Kenya Japan Malta Cuba

clinic | A veterinary clinic writes down its patients
animals animal name
Misty Rusty Daisy Rocky Sunny Farmer's | Paws Boots Shadow Pepper Blue
species: dog cat rabbit parrot goat | coat: short long curly smooth spotted
weight 2 60*, visits 1 30, seen_on
vets vet district: North South East West Harbour Hill

garage | A car workshop tracks the repairs it was asked for
repairs repair code
Brake Clutch Engine Mirror Window Owner's | Alpha Bravo Delta Echo Foxtrot
state: waiting started paused finished billed | bay: left right middle yard pit
cost 40 900, hours 1 30*, booked_on
mechanics mechanic shift: early late night weekend relief

orchard | A fruit grower lists every lot of fruit in the cold store
lots lot tag
Golden Scarlet Early Summer Royal Gardener's | Pippin Beauty Gala Russet Delight
fruit: apple pear plum quince cherry apricot | grade: extra first second juice seed
crates 3 120, sugar 8 22*, picked_on
growers grower valley: Upper Lower Mill Chapel Stone Fern

museum | A museum catalogues the pieces it owns
pieces piece title
Marble Bronze Painted Gilded Woven Bishop's | Horse Mask Bowl Shield Vessel
material: clay stone wood metal glass linen | hall: roman greek nordic asian modern
insured 100 9000, height 5 220, acquired_on
donors donor city: Vienna Ghent Turin Porto Basel L'Aquila

airline | A small airline plans its flights
flights flight code
Alpine Coastal Desert Island Polar Pilot's | One Two Three Four Five
gate: A1 B2 C3 D4 E5 | cabin: economy business mixed cargo charter
seats 18 180, fare 40 700, departs_on
carriers carrier hub: Oslo Lima Cairo Quito Delhi Paris

brewery | A brewery logs each batch in its cellar
batches batch name
Amber Golden Smoky Copper Winter Monk's | Stout Porter Lager Bitter Saison
hop: saaz citra fuggle cascade galaxy | tank: steel oak copper open glass
litres 90 900, strength 2 11*, brewed_on
brewers brewer region: Bohemia Bavaria Flanders Wessex Moravia

school | A music school manages its courses
courses course title
Classical Modern Basic Advanced Baroque Beginner's | Guitar Piano Violin Flute Drums
level: junior senior expert starter master | room: red blue green attic cellar
fee 30 400, places 4 40, begins_on
teachers teacher home: Bergen Malmo Turku Aarhus Reykjavik

hotel | A hotel takes notes of its bookings
bookings booking guest
Anna Bruno Clara David Elena Miles | Keller Moreau Novak Olsen O'Brien
meal: none breakfast half full brunch | view: sea park street court mountain
nights 1 21, total 60 2400, arrives_on
agents agent office: Madrid Lyon Milan Zurich Prague

gallery | A gallery sells prints on behalf of artists
prints print title
Blue Quiet Falling Burning Frozen Dancer's | Forest Lake Tower Bridge Moon
style: abstract realist cubist naive gothic | paper: rice cotton matte gloss rag
edition 5 300, asking 20 1500, made_on
artists artist nation: Peru Ghana India Spain Korea

farm | A dairy farm watches over its herd
cows cow name
Bella Clover Dora Emma Flora Miller's | Maid Star Bell Rose Queen
breed: jersey angus holstein dexter devon | barn: north south old new upper
milk 8 42*, age 1 16, calved_on
herders herder village: Elm Ash Oak Birch Alder

pharmacy | A pharmacy keeps track of its stock of remedies
remedies remedy label
Pure Strong Mild Herbal Rapid Doctor's | Balm Drops Syrup Tonic Powder
purpose: cough sleep skin joints stomach | pack: box jar tube bottle bag
units 2 240, price 3 90*, expires_on
makers maker seat: Basel Leiden Mainz Cork Lund

cinema | A cinema plans which films to show
films film title
Last Lonely Savage Golden Midnight Widow's | Train Island Dance Promise Road
language: french polish hindi dutch greek | rating: family teen adult open club
minutes 70 210, tickets 20 900, opens_on
studios studio base: Rome Berlin Mumbai Seoul Toronto

shipyard | A shipyard follows the boats on its slips
boats boat name
Sea North Storm Swift Proud Captain's | Gull Star Wind Pearl Heron
rig: sloop ketch yawl cutter schooner | hull: oak steel larch plywood carbon
length 5 48*, crew 1 24, launched_on
owners owner harbour: Kiel Brest Cork Split Gdansk

nursery | A plant nursery sells shrubs from its beds
plants plant variety
White Purple Dwarf Giant Trailing Hunter's | Aster Sage Fern Heather Lily
soil: sand loam clay peat chalk | light: sun shade half deep any_light
stock 1 150, height 10 190, sown_on
breeders breeder county: Kent Devon Essex Cornwall Fife

courier | A courier service sorts its parcels
parcels parcel reference
Red Green Black Silver Orange Sender's | Comet Rocket Falcon Tiger Whale
zone: inner outer coast rural airport | status: stored moving lost returned handed
grams 50 9000, charge 3 80*, posted_on
senders sender suburb: Eastgate Westend Norton Millbank Parkside

observatory | An observatory notes what its telescopes saw
sightings sighting name
Bright Faint Double Variable Distant Herschel's | Nova Comet Cluster Nebula Dwarf
sky: clear hazy cloudy moonlit dark | filter: none ultra infra narrow wide
magnitude 1 19*, frames 2 90, taken_on
observers observer station: Teide Paranal Kitt Siding Calar

bank | A credit union reviews the loans it has granted
loans loan holder
Ivan Julia Karim Lena Marco Nina | Adler Blanc Costa Dietz D'Arcy
purpose: car house study travel boat | risk: low fair high unknown watched
amount 500 9900, rate 1 14*, signed_on
branches branch quarter: Old Market Station River Castle

zoo | A zoo describes its enclosures
enclosures enclosure name
Savanna Jungle Arctic River Canyon Keeper's | House Hall Bay Dome Terrace
climate: dry wet cold mild tropical | fence: wire moat glass wall net
area 40 2200, animals 1 60, cleaned_on
keepers keeper team: dawn dusk noon spare chief

theatre | A theatre sells seats for its plays
plays play title
Merry Tragic Stolen Foolish Gentle King's | Widow Clown Journey Feast Bargain
kind: comedy tragedy farce musical mime | stage: main studio garden loft cellar
seats_sold 10 700, price 8 95*, premiered_on
directors director origin: Athens Dublin Warsaw Vilnius Sofia

vineyard | A vineyard lists the wines in its vault
wines wine name
Old Noble Late Wild Sunny Abbot's | Hill Cellar Reserve Harvest Chapel
grape: merlot syrah pinot gamay tannat | colour: red white rose amber grey
bottles 12 960, acidity 3 9*, bottled_on
vintners vintner slope: south west lake ridge terrace

gym | A fitness studio organises its sessions
sessions session name
Power Gentle Morning Evening Extreme Trainer's | Yoga Cycle Boxing Stretch Rowing
floor: ground first second roof basement | mood: calm lively tough playful silent
joined 1 45, fee 4 38*, starts_on
coaches coach club: Atlas Boreas Comet Dynamo Eagles

newsroom | A newspaper files the articles of its reporters
articles article headline
Hidden Rising Sudden Secret Final Mayor's | Budget Strike Verdict Rescue Merger
desk: sports local culture science money | stage: draft edited proofed printed pulled
words 150 4200, clicks 10 9900, filed_on
reporters reporter bureau: London Geneva Nairobi Sydney Ottawa

quarry | A quarry weighs the blocks that it cuts
blocks block mark
Upper Lower Inner Outer Corner Mason's | Seam Ledge Face Shelf Bench
rock: granite marble slate basalt gneiss | finish: rough sawn honed split polished
tonnes 1 40*, cracks 0 25, cut_on
buyers buyer port: Genoa Lisbon Izmir Rijeka Varna

toyshop | A toy shop counts what lies on its shelves
toys toy name
Jumping Singing Flying Magic Wooden Child's | Robot Puzzle Train Kite Puppet
age_group: baby toddler child teenager grown | shelf: top middle bottom window counter
price 2 95*, stock 0 130, delivered_on
suppliers supplier country: China Poland Italy Sweden Mexico

archive | A city archive registers its maps
maps map title
Ancient Coastal Northern Military Royal Surveyor's | Chart Survey Atlas Plan Route
medium: vellum paper film cloth copper | condition: fine good worn torn restored
scale 1 90, copies 1 40, drawn_on
engravers engraver town: Delft Nuremberg Venice Lyon Antwerp

festival | A music festival schedules its concerts
concerts concert act
Electric Velvet Crooked Neon Lazy Drummer's | Foxes Ghosts Rivers Pilots Echoes
style: folk jazz metal techno choral | stage: lake forest castle tent harbour
crowd 60 4000, length 20 150, plays_on
promoters promoter area: Alps Delta Fjord Plains Islands

laundry | A laundry keeps a record of its jobs
jobs job ticket
Fresh White Quick Steam Gentle Tailor's | Linen Shirt Sheet Towel Robe
fabric: wool silk denim cotton flannel | service: press dry wash mend dye
items 1 60, price 3 85*, due_on
clients client street: Mill Church Bridge Garden Market

railway | A heritage railway looks after its engines
engines engine name
Black Iron Flying Mighty Noble Driver's | Duke Prince Eagle Comet Giant
fuel: coal oil wood diesel battery | livery: green maroon navy ochre grey
power 80 2400, trips 1 99, serviced_on
drivers driver depot: Crewe Swindon Derby Perth Didcot

apiary | A beekeeper documents the hives
hives hive name
Meadow Clover Linden Heath Orchard Warden's | Colony Castle Lodge Manor Cottage
temper: calm busy nervous fierce sleepy | wood: cedar pine poplar spruce balsa
honey 4 48*, frames 6 30, opened_on
tenders tender site: ridge brook meadow copse hollow

ferry | A ferry company keeps a log of its crossings
crossings crossing code
Dawn Noon Dusk Night Express Skipper's | Line Loop Link Route Run
weather: calm choppy foggy stormy icy | deck: upper lower car sun crew
passengers 5 480, knots 6 34*, sailed_on
skippers skipper island: Skye Mull Iona Arran Islay
"""


def _domain(block: str) -> Domain:
    head, names, labels, texts, numbers, parent = block.splitlines()
    name, story = head.split(" | ")
    table, noun, label = names.split()
    firsts, lasts = labels.split(" | ")
    first, second = (_text(part) for part in texts.split(" | "))
    *columns, date = numbers.split(", ")
    low, high = (_number(part) for part in columns)
    parents, parent_noun, place = parent.split(" ", 2)
    return Domain(
        name, story, table, noun, label, tuple(firsts.split()), tuple(lasts.split()), (first, second), (low, high),
        date, parents, parent_noun, _text(place),
    )  # fmt: skip


def _text(part: str) -> Text:
    name, values = part.split(": ")
    return Text(name, tuple(values.split()))


def _number(part: str) -> Number:
    name, low, high = part.split()
    return Number(name, int(low), int(high.rstrip("*")), high.endswith("*"))


DOMAINS: dict[str, Domain] = {d.name: d for d in map(_domain, _BLOCKS.strip().split("\n\n"))}
