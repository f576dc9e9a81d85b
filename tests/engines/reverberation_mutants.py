"""Faults for the engine that draws seabed."""

import test_reverberation
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the target has a say in the level",
        "reverberation",
        "AROUND = 5",
        "AROUND = 1",
        test_reverberation.check_the_target_and_its_shadow_are_gone,
    ),
    Mutant(
        "one level for the whole picture",
        "reverberation",
        "    return values.view(channel.shape) * level",
        "    return values.view(channel.shape) * level.mean()",
        test_reverberation.check_the_level_follows_the_range,
    ),
    Mutant(
        "white grain",
        "reverberation",
        "phases * torch.fft.rfft2(scores).abs()",
        "phases",
        test_reverberation.check_ripples_stay_ripples,
    ),
    Mutant(
        "echoes outside the fan",
        "reverberation",
        "    if not everywhere:",
        "    if everywhere:",
        test_reverberation.check_black_stays_black_unless_everywhere,
    ),
    Mutant(
        "a grain of its own for each channel",
        "reverberation",
        "_painted(channel, field,",
        "_painted(channel, field[torch.randperm(len(field))],",
        test_reverberation.check_colors_of_a_color_map_stay_its_colors,
    ),
    Mutant(
        "what is covered has a say",
        "reverberation",
        "& ~_blocks(covered.double().cpu(), side).any(-1)",
        "",
        test_reverberation.check_what_is_covered_has_no_say,
    ),
    Mutant(
        "grain without its speckle",
        "reverberation",
        "places = ranks.flatten() * (len(grain) - 1)",
        "places = (0.4 + 0.2 * ranks.flatten()) * (len(grain) - 1)",
        test_reverberation.check_the_target_and_its_shadow_are_gone,
    ),
)
