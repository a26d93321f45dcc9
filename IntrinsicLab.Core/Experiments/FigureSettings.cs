using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>How a reproduced figure is drawn, in the words of comparisons.</summary>
public sealed record FigureSettings
{
    /// <summary>Words for what curves run along.</summary>
    public static IReadOnlyList<string> Axes { get; } = ["steps", "episodes", "seconds"];

    /// <summary>Words for what a line is.</summary>
    public static IReadOnlyList<string> Statistics { get; } = ["mean", "median", "iqm"];

    /// <summary>Words for what a band is.</summary>
    public static IReadOnlyList<string> Intervals { get; } = ["ci95", "t95", "se", "sd", "minmax", "p12.5-87.5"];

    private static readonly string[] Known =
        ["metric", "x", "statistic", "interval", "groupBy", "panels", "kind", "smoothing", "lowerIsBetter", "label"];

    /// <summary>Name of the metric.</summary>
    public string Metric { get; init; } = "return/extrinsic";

    /// <summary>What curves run along: steps, episodes or seconds.</summary>
    public string X { get; init; } = "steps";

    /// <summary>What a line is: mean, median or iqm.</summary>
    public string Statistic { get; init; } = "mean";

    /// <summary>What the band around it is: ci95, t95, se, sd, minmax or p12.5-87.5.</summary>
    public string Interval { get; init; } = "ci95";

    /// <summary>Members of a run's plan that make a group; the environment is one of them.</summary>
    public IReadOnlyList<string> GroupBy { get; init; } = ["algorithm", "environment"];

    /// <summary>Each environment has a panel of its own; otherwise all share one.</summary>
    public bool PanelPerEnvironment { get; init; } = true;

    /// <summary>Final scores as bars in place of curves.</summary>
    public bool Bars { get; init; }

    /// <summary>Weight of the moving average that each seed is given first; 0 for none.</summary>
    public double Smoothing { get; init; }

    /// <summary>Lower scores are the better ones, as of distances and losses.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>What stands at the vertical axis, with its unit.</summary>
    public string Label { get; init; } = "Return";

    /// <summary>A group's name: the values of its members but the environment.</summary>
    public static string GroupName(IEnumerable<KeyValuePair<string, string>> key)
    {
        var values = key.Where(member => member.Key != "environment").Select(member => member.Value).ToList();
        return values.Count == 0 ? "all" : string.Join(" · ", values);
    }

    internal static FigureSettings Read(JsonElement? json, string pointer, bool hasArms, List<Problem> problems)
    {
        var members = Members.Of(json, pointer, problems);
        var groupBy = members.Texts("groupBy", 10, 200);
        if (groupBy.Count > 0 && !groupBy.Contains("environment"))
            members.Fault("groupBy", "It must name 'environment': scores of several environments share no scale.");
        var metric = members.Text("metric", 200)?.Trim();
        var read = new FigureSettings
        {
            Metric = metric ?? "return/extrinsic",
            X = Choice(members, "x", Axes),
            Statistic = Choice(members, "statistic", Statistics),
            Interval = Choice(members, "interval", Intervals),
            GroupBy = groupBy.Count > 0 ? groupBy : [hasArms ? "arm" : "algorithm", "environment"],
            PanelPerEnvironment = Choice(members, "panels", ["environment", "none"]) == "environment",
            Bars = Choice(members, "kind", ["curves", "bars"]) == "bars",
            LowerIsBetter = members.Flag("lowerIsBetter") ?? false,
            Label = members.Text("label", 80)?.Trim() is { Length: > 0 } label ? label : Usual(metric),
        };
        if (members.Take("smoothing") is { } smoothing)
            if (smoothing.ValueKind == JsonValueKind.Number && smoothing.TryGetDouble(out var weight) && weight is >= 0 and <= 0.999)
                read = read with { Smoothing = weight };
            else
                members.Fault("smoothing", "Expected a number from 0 to 0.999.");
        members.RefuseOthers("member", Known);
        return read;
    }

    private static string Usual(string? metric) => metric switch
    {
        null or "return/extrinsic" => "Return, mean of the last 100 episodes",
        "return/evaluation" => "Return of the evaluations",
        _ => metric,
    };

    private static string Choice(Members members, string name, IReadOnlyList<string> words)
    {
        if (members.Text(name, 40) is not { } word)
            return words[0];
        if (words.Contains(word))
            return word;
        members.Fault(name, Problem.Unknown("choice", word, words));
        return words[0];
    }
}
