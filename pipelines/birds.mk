# Photographs of birds set before photographs of places: water birds before water and land birds on
# land, 95 % of the time in training and half of the time in val and test. All of it from three
# Debian packages. lint-synth keeps birds and places of the test set out of the training set.
BIRDS_PACKAGES = tuxpaint-stamps-default mate-backgrounds plasma-workspace-wallpapers
STAMPS = /usr/share/tuxpaint/stamps/animals/birds
MATE = /usr/share/backgrounds/mate/nature
PLASMA = /usr/share/wallpapers

landbird = $(addprefix $(STAMPS)/,$(addsuffix .png,adelaide-rosella blackbird chicken_profile crow \
    cuckoo guineafowl helmeted_guineafowl hen lark magpie nandou ostrich owl peacock pigeon \
    quetzal rainbow-lorikeet rooster tucan turkey vulture))
waterbird = $(addprefix $(STAMPS)/,$(addsuffix .png,drake duck gander heron_greatblue \
    heron_greatblue_flying little-penguin magellanic_penguin pelican penguin pink_flamingo \
    seagull silver-gull))
land = $(addprefix $(MATE)/,$(addsuffix .jpg,Blinds Dune Garden GreenMeadow LadyBird RainDrops)) \
    $(foreach p,FallenLeaf OneStandsOut Path,$(PLASMA)/$p/contents/images/2560x1600.jpg)
water = $(MATE)/Aqua.jpg $(PLASMA)/Volna/contents/images/5120x2880.jpg \
    $(foreach p,BytheWater ColdRipple DarkestHour EveningGlow summer_1am,$(PLASMA)/$p/contents/images/2560x1600.jpg)

# Folders of links, since lint-synth takes folders. Wallpapers are all called 2560x1600.jpg: a link
# is called after the whole path.
BIRDS = $(OUT:%=%/)data/birds
SYNTH = --objects landbird=$(BIRDS)/landbird --objects waterbird=$(BIRDS)/waterbird \
    --places land=$(BIRDS)/land --places water=$(BIRDS)/water --correlation 0.95
SYNTH_NEEDS = $(BIRDS)/links

$(BIRDS)/links: pipelines/birds.mk | birds-packages
	rm -rf $(@D)/landbird $(@D)/waterbird $(@D)/land $(@D)/water
	@mkdir -p $(@D)/landbird $(@D)/waterbird $(@D)/land $(@D)/water
	@$(foreach f,landbird waterbird land water,for p in $($f); do \
	    [ -f "$$p" ] || { echo "$$p is missing; it comes with $(BIRDS_PACKAGES)" >&2; exit 1; }; \
	    name=$${p#/usr/share/}; ln -s "$$p" "$(@D)/$f/$${name//\//_}"; done;)
	touch $@

birds-packages:
	@pipelines/install-packages $(BIRDS_PACKAGES)
.PHONY: birds-packages
