using System.Text.RegularExpressions;

namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// What random play and a human tester score in 57 Atari games, from random no-op starts within 30 minutes (Mnih et al. 2015; Wang, Schaul,
/// Hessel, van Hasselt, Lanctot and de Freitas 2016, appendix). Papers use other tables too, which is why results carry this one's name.
/// </summary>
public static partial class HumanScores
{
    /// <summary>Name and version of the table, for print with every result that rests on it.</summary>
    public const string Table = "Atari-57, no-op starts (Wang et al. 2016), version 1";

    private static readonly Dictionary<string, (double Random, double Human)> Games = new()
    {
        ["alien"] = (227.8, 7127.7),
        ["amidar"] = (5.8, 1719.5),
        ["assault"] = (222.4, 742),
        ["asterix"] = (210, 8503.3),
        ["asteroids"] = (719.1, 47388.7),
        ["atlantis"] = (12850, 29028.1),
        ["bankheist"] = (14.2, 753.1),
        ["battlezone"] = (2360, 37187.5),
        ["beamrider"] = (363.9, 16926.5),
        ["berzerk"] = (123.7, 2630.4),
        ["bowling"] = (23.1, 160.7),
        ["boxing"] = (0.1, 12.1),
        ["breakout"] = (1.7, 30.5),
        ["centipede"] = (2090.9, 12017),
        ["choppercommand"] = (811, 7387.8),
        ["crazyclimber"] = (10780.5, 35829.4),
        ["defender"] = (2874.5, 18688.9),
        ["demonattack"] = (152.1, 1971),
        ["doubledunk"] = (-18.6, -16.4),
        ["enduro"] = (0, 860.5),
        ["fishingderby"] = (-91.7, -38.7),
        ["freeway"] = (0, 29.6),
        ["frostbite"] = (65.2, 4334.7),
        ["gopher"] = (257.6, 2412.5),
        ["gravitar"] = (173, 3351.4),
        ["hero"] = (1027, 30826.4),
        ["icehockey"] = (-11.2, 0.9),
        ["jamesbond"] = (29, 302.8),
        ["kangaroo"] = (52, 3035),
        ["krull"] = (1598, 2665.5),
        ["kungfumaster"] = (258.5, 22736.3),
        ["montezumarevenge"] = (0, 4753.3),
        ["mspacman"] = (307.3, 6951.6),
        ["namethisgame"] = (2292.3, 8049),
        ["phoenix"] = (761.4, 7242.6),
        ["pitfall"] = (-229.4, 6463.7),
        ["pong"] = (-20.7, 14.6),
        ["privateeye"] = (24.9, 69571.3),
        ["qbert"] = (163.9, 13455),
        ["riverraid"] = (1338.5, 17118),
        ["roadrunner"] = (11.5, 7845),
        ["robotank"] = (2.2, 11.9),
        ["seaquest"] = (68.4, 42054.7),
        ["skiing"] = (-17098.1, -4336.9),
        ["solaris"] = (1236.3, 12326.7),
        ["spaceinvaders"] = (148, 1668.7),
        ["stargunner"] = (664, 10250),
        ["surround"] = (-10, 6.5),
        ["tennis"] = (-23.8, -8.3),
        ["timepilot"] = (3568, 5229.2),
        ["tutankham"] = (11.4, 167.6),
        ["upndown"] = (533.4, 11693.2),
        ["venture"] = (0, 1187.5),
        ["videopinball"] = (16256.9, 17667.9),
        ["wizardofwor"] = (563.5, 4756.5),
        ["yarsrevenge"] = (3092.9, 54576.9),
        ["zaxxon"] = (32.5, 9173.3),
    };

    /// <summary>Number of games.</summary>
    public static int Count => Games.Count;

    /// <summary>
    /// The scores of a game by its Gymnasium id, such as <c>ALE/Breakout-v5</c> or <c>PongNoFrameskip-v4</c>; null for anything else, the small
    /// Atari-like games of this lab included, whose scores are of another size.
    /// </summary>
    public static (double Random, double Human)? Of(string environment) =>
        GameId().Match(environment) is { Success: true } match && Games.TryGetValue(match.Groups[1].Value.ToLowerInvariant(), out var scores) ? scores : null;

    [GeneratedRegex("^(?:ALE/)?([A-Z][A-Za-z]*?)(?:-ram|-ramDeterministic|-ramNoFrameskip|Deterministic|NoFrameskip)?-v[0-9]+$")]
    private static partial Regex GameId();
}
