using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Endpoints;

namespace IntrinsicLab.Web.Components;

/// <summary>Something to see a curve beside: a published figure, what random actions earn, or a pinned baseline. It enters no statistic.</summary>
public sealed record Reference
{
    /// <summary>Word for addresses.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }
    public required string Environment { get; init; }
    public required string Metric { get; init; }

    /// <summary>Height of the line; null for a baseline, which is a curve.</summary>
    public double? Value { get; init; }

    /// <summary>Where the curve of a baseline is read.</summary>
    public string? Curve { get; init; }

    /// <summary>Value with spread and seeds, as published.</summary>
    public string Figure { get; init; } = "";

    /// <summary>Budget at which it holds.</summary>
    public long? Steps { get; init; }

    public required string Source { get; init; }

    /// <summary>One of the published levels of trust, <c>measured here</c>, or <c>baseline</c>.</summary>
    public required string Trust { get; init; }

    public string Note { get; init; } = "";

    /// <summary>In what its task differs from the run's.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>Drawn unless somebody says otherwise: the same task, algorithm and about the same budget from a table, and baselines.</summary>
    public bool Usual { get; init; }

    /// <summary>What js/references.js is told.</summary>
    public static string Json(IEnumerable<Reference> shown, string metric) => JsonSerializer.Serialize(
        shown.Where(each => each.Metric == metric || (each.Curve is not null && metric.StartsWith("return/", StringComparison.Ordinal)))
            .Select(each => new { each.Id, each.Name, each.Value, each.Curve, each.Figure, each.Steps, each.Source, each.Trust, each.Environment }), ApiJson.Options);
}

/// <summary>Which references are drawn: the usual ones, or those that the address names.</summary>
public sealed record ReferenceChoice(IReadOnlyList<string>? Ids)
{
    /// <summary>The parameter of the address.</summary>
    public const string Parameter = "beside";

    private const string None = "none";

    public static ReferenceChoice Read(string? text) => new(text is null ? null : text == None ? [] : text.Split('.', StringSplitOptions.RemoveEmptyEntries));

    public bool Has(Reference reference) => Ids?.Contains(reference.Id) ?? reference.Usual;

    /// <summary>The address's text with one more or one less.</summary>
    public string Toggled(Reference reference, IEnumerable<Reference> all) => Text([.. all.Where(each => Has(each) != (each.Id == reference.Id)).Select(each => each.Id)]);

    public static string Text(IReadOnlyList<string> ids) => ids.Count == 0 ? None : string.Join('.', ids);
}

/// <summary>Finds what stands beside the curves of an environment.</summary>
public sealed class References(Baselines baselines)
{
    /// <summary>Id of what random actions earn, on every environment.</summary>
    public const string Random = "random";

    private const string Measured = "measured here";
    private const string Pinned = "baseline";

    /// <summary>References of an environment, those that are drawn at once first.</summary>
    /// <param name="environment">Id of the environment.</param>
    /// <param name="parameters">Parameters of the runs' environment, to tell differences; null where they are not known or vary.</param>
    /// <param name="algorithms">Algorithms of the runs.</param>
    /// <param name="budget">Their budget in steps: a figure of a much larger one is not drawn at once, as it would flatten what there is to see.</param>
    /// <param name="apart">Runs that are shown themselves: a baseline of nothing else is left out.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<Reference>> On(
        string environment, JsonObject? parameters, IReadOnlyCollection<string> algorithms, long budget, IReadOnlyCollection<Guid> apart,
        CancellationToken cancellation = default)
    {
        var defaults = Defaults(environment);
        var found = new List<Reference>();
        foreach (var pinned in await baselines.List(environment, cancellation))
            if (pinned.Runs.Any(run => !apart.Contains(run.Id)))
                found.Add(Of(pinned, environment));
        foreach (var figure in PublishedFigures.On(environment).Where(figure => figure.IsFinal))
        {
            var differences = parameters is null || defaults is null ? [] : PublishedFigures.Differences(figure, parameters, defaults);
            found.Add(Of(figure) with
            {
                Differences = differences,
                Usual = differences.Count == 0 && figure.Trust == FigureTrust.Table && figure.Ours is { } ours && algorithms.Contains(ours)
                    && !(figure.Steps > 2 * budget),
            });
        }
        if (RandomReturns.Of(environment) is { } random)
            found.Add(new()
            {
                Id = Random,
                Name = "Random actions",
                Environment = environment,
                Metric = MetricStore.ReturnMetric,
                Value = random.Mean,
                Figure = $"{Quantities.Value(random.Mean)}, {Quantities.Plural(random.Episodes, "episode")}",
                Source = "Measured with this lab, default parameters",
                Trust = Measured,
                Differences = parameters is null || defaults is null ? [] : Changed(parameters, defaults),
            });
        return [.. found.OrderByDescending(each => each.Usual)];
    }

    /// <summary>A published figure as a line.</summary>
    public static Reference Of(PublishedFigure figure) => new()
    {
        Id = figure.Id,
        Name = figure.Algorithm,
        Environment = figure.Environment,
        Metric = figure.Metric,
        Value = figure.Value,
        Figure = Shown(figure),
        Steps = figure.Steps,
        Source = figure.Source.ToString(),
        Trust = PublishedFigures.TrustWords[figure.Trust],
        Note = figure.Note,
    };

    /// <summary>The figure with its spread and seeds in words.</summary>
    public static string Shown(PublishedFigure figure)
    {
        var value = Exact(figure.Value);
        var spread = figure.Spread switch
        {
            { Kind: "none" } => "",
            { Low: { } low, High: { } high } range => $" ({Exact(low)} to {Exact(high)}, {(range.Kind == "minmax" ? "least to greatest" : "quartiles")})",
            var around => $" ± {Exact(around.Amount ?? 0)}{around.Kind switch { "sd" => " (standard deviation)", "se" => " (standard error)", "ci95" => " (95 %)", _ => "" }}",
        };
        return $"{value}{spread}{(figure.Seeds is { } seeds ? $", {Quantities.Plural(seeds, "seed")}" : "")}";
    }

    // As printed: rounding somebody else's figure would be another figure.
    private static string Exact(double value) =>
        value.ToString("#,0.######", CultureInfo.InvariantCulture).Replace(",", "\u2009", StringComparison.Ordinal).Replace('-', '−');

    private static Reference Of(PinnedRuns pinned, string environment) => new()
    {
        Id = PageUrls.Short(pinned.Baseline.Id),
        Name = pinned.Baseline.Name,
        Environment = environment,
        Metric = MetricStore.ReturnMetric,
        Curve = $"api/v1/baselines/{pinned.Baseline.Id}/curves?environment={Uri.EscapeDataString(environment)}",
        Figure = Quantities.Plural(pinned.Runs.Count, "run"),
        Steps = pinned.Runs.Max(run => run.Steps) is > 0 and var steps ? steps : null,
        Source = string.Join(", ", pinned.Runs.Select(run => AlgorithmCatalog.Find(run.Algorithm)?.Name ?? run.Algorithm).Distinct()) + ", pinned in this lab",
        Trust = Pinned,
        Note = pinned.Baseline.Notes,
        Usual = true,
    };

    private static List<string> Changed(JsonObject parameters, JsonObject defaults) =>
        [.. from parameter in parameters
            where defaults[parameter.Key] is { } usual && !JsonNode.DeepEquals(usual, parameter.Value)
            select $"{parameter.Key} {RunDraft.Text(defaults[parameter.Key])}, here {RunDraft.Text(parameter.Value)}"];

    private static JsonObject? Defaults(string environment)
    {
        if (EnvironmentCatalog.Find(environment) is not { } entry)
            return null;
        var defaults = ParameterSchema.Of(entry.Parameters).Write(Activator.CreateInstance(entry.Parameters)!);
        foreach (var (name, value) in ParameterSchema.Of(typeof(WrapperConfig)).Write(new WrapperConfig()))
            defaults[name] = value?.DeepClone();
        return defaults;
    }
}
