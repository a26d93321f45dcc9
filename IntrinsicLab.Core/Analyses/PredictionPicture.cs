using System.Globalization;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Analyses;

/// <summary>How the picture of predictions is taken.</summary>
/// <param name="Layouts">Grids, each with a nearly optimal policy of its own.</param>
/// <param name="Updates">Updates of the predictions.</param>
/// <param name="Softness">Share of actions that are drawn by chance.</param>
/// <param name="Seed">Seed of grids and sampling.</param>
public sealed record PredictionPictureSettings(int Layouts = 4, int Updates = 3000, double Softness = 0.2, int Seed = 1)
{
    /// <summary>Step sizes of the predictions.</summary>
    public AgentRates Rates { get; init; } = RuleAnalysis.Rates;

    /// <summary>Visits below which a state is left out.</summary>
    public int LeastVisits { get; init; } = 50;
}

/// <summary>What predictions of a fixed policy have come to look like.</summary>
/// <param name="Level">The grid.</param>
/// <param name="Cells">Cells that count: free, and visited often enough while every object was present.</param>
/// <param name="Values">V^π of those states, with the rule's discount.</param>
/// <param name="Predictions">y_i of those states, by i.</param>
/// <param name="Correlations">Correlation of each y_i with V^π over them.</param>
/// <param name="First">Largest absolute correlation of the predictions that the life began with: what chance finds.</param>
public sealed record PicturedPolicy(
    GridLevel Level, IReadOnlyList<int> Cells, double[] Values, IReadOnlyList<double[]> Predictions, double[] Correlations, double First)
{
    /// <summary>Largest absolute correlation of an entry with V^π.</summary>
    public double Best => Correlations.Max(Size);

    internal static double Size(double correlation) => double.IsFinite(correlation) ? Math.Abs(correlation) : 0;
}

/// <summary>
/// Do entries of the prediction vector come to look like state values? Grids with objects to collect and to avoid, nearly optimal policies that
/// never change, predictions updated until they are steady (Oh et al. 2020, section 4.2).
/// </summary>
/// <param name="Policies">One for each grid.</param>
public sealed record PredictionPicture(IReadOnlyList<PicturedPolicy> Policies)
{
    private const int MostEntries = 8, EntriesOfFigure = 4;

    /// <summary>max_i |corr(y_i, V^π)|, mean over policies.</summary>
    public double Correlation => Policies.Average(policy => policy.Best);

    /// <summary>Takes it.</summary>
    /// <param name="rule">A rule with predictions.</param>
    /// <param name="settings">How.</param>
    /// <param name="threads">Grids at the same time; results do not depend on it.</param>
    public static PredictionPicture Of(RuleContent rule, PredictionPictureSettings settings, int threads = 1)
    {
        var policies = new PicturedPolicy[settings.Layouts];
        Parallel.For(0, policies.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, layout =>
            policies[layout] = Of(rule, settings, new Rng((ulong)settings.Seed).Split("prediction-picture", layout)));
        return new(policies);
    }

    private static PicturedPolicy Of(RuleContent rule, PredictionPictureSettings settings, Rng rng)
    {
        var level = AnalysisWorlds.Grid(rng.Split("level"));
        var model = AnalysisWorlds.Model(level);
        // A rule may read a discount of 1, with which these values have no end.
        var gamma = Math.Min(rule.Gamma, 0.995);
        var policy = AnalysisWorlds.NearlyOptimal(model, gamma, settings.Softness);
        var life = new FixedPolicyLife(rule, level, policy, settings.Rates, 0.1, rng);
        var (first, last) = (life.Predictions(), life.Settle(settings.Updates));
        var all = (1 << level.Objects.Count) - 1;
        int[] cells = [.. level.Map.FreeCells.Where(cell => life.Visits[level.StateOf(cell, all)] >= settings.LeastVisits)];
        var values = model.PolicyValues(policy, gamma, 1e-8);
        double[] worth = [.. cells.Select(cell => values[level.StateOf(cell, all)])];
        var m = rule.Network.Predictions;
        double[] Entry(double[] y, int entry) => [.. cells.Select(cell => y[level.StateOf(cell, all) * m + entry])];
        double[][] predictions = [.. Enumerable.Range(0, m).Select(entry => Entry(last, entry))];
        return new(
            level, cells, worth, predictions, [.. predictions.Select(entry => LinearCorrelation.Pearson(entry, worth))],
            Enumerable.Range(0, m).Max(entry => PicturedPolicy.Size(LinearCorrelation.Pearson(Entry(first, entry), worth))));
    }

    /// <summary>Numbers and figures.</summary>
    public RuleAnalysis Analysis()
    {
        var m = Policies[0].Predictions.Count;
        int[] entries = [.. Enumerable.Range(0, m)
            .OrderByDescending(entry => Policies.Average(policy => PicturedPolicy.Size(policy.Correlations[entry]))).ThenBy(entry => entry).Take(MostEntries).Order()];
        var pictured = Policies[0];
        var best = Array.FindIndex(pictured.Correlations, correlation => PicturedPolicy.Size(correlation) == pictured.Best);
        return new(
            "prediction-picture", "What predictions look like",
            "Grids of 5 × 5 cells with objects to collect and to avoid, and nearly optimal policies that do not change; only predictions are updated, until they are steady. Does an entry of the prediction vector look like the policy's state values? The correlation is taken over the cells while every object is present, for the entry where it is largest; “by chance” is the same for the predictions that lives begin with.",
            [
                new("correlation", "Largest correlation of an entry with the state values, mean over policies", Correlation),
                new("correlation-by-chance", "The same by chance", Policies.Average(policy => policy.First)),
                new("policies", "Policies", Policies.Count),
            ],
            [
                .. entries.Chunk(EntriesOfFigure).Select((chunk, number) => Pictures(chunk, number, entries.Length, m)),
                Map("prediction-values", "State values of a policy", "What a nearly optimal policy earns from each cell on, discounted; every object is present.", pictured, pictured.Values, "state value"),
                Map("prediction-entry", "The entry most like them",
                    string.Create(CultureInfo.InvariantCulture, $"Entry {best + 1} of the prediction vector for the same policy; its correlation with the state values is {pictured.Correlations[Math.Max(best, 0)]:0.00}.").Replace('-', '−'),
                    pictured, pictured.Predictions[Math.Max(best, 0)], "share of 1"),
            ]);
    }

    // No more pictures side by side than a narrow screen has room for.
    private PictureFigure Pictures(int[] entries, int number, int shown, int all) => new(
        string.Create(CultureInfo.InvariantCulture, $"prediction-pictures-{number + 1}"),
        string.Create(CultureInfo.InvariantCulture, $"Predictions beside state values, entries {string.Join(", ", entries.Select(entry => entry + 1))}"),
        $"V: state values over the cells of {Policies.Count} grids, every object present; y: entries of the prediction vector{(shown < all ? $", of {all} those most like V" : "")}. Each picture in its own deviations from its mean: one that looks like V, or like its opposite, carries what V carries.",
        Policies[0].Level.Map.Rows, Policies[0].Level.Map.Columns, ["V", .. entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"y {entry + 1}"))],
        [.. Policies.Select((policy, index) => new PictureRow(
            string.Create(CultureInfo.InvariantCulture, $"grid {index + 1}"),
            [Picture(policy, policy.Values), .. entries.Select(entry => Picture(policy, policy.Predictions[entry]))]))],
        "deviations");

    private static double[] Picture(PicturedPolicy policy, double[] values)
    {
        var (mean, map) = (values.DefaultIfEmpty().Average(), policy.Level.Map);
        var deviation = Math.Sqrt(values.Select(value => (value - mean) * (value - mean)).DefaultIfEmpty().Average());
        var picture = new double[map.Cells];
        for (var index = 0; index < values.Length && deviation > 0; index++)
        {
            var (row, column) = (policy.Cells[index] / map.Columns, policy.Cells[index] % map.Columns);
            // Pictures are written from the bottom, maps from the top.
            picture[(map.Rows - 1 - row) * map.Columns + column] = (values[index] - mean) / deviation;
        }
        return picture;
    }

    private static HeatFigure Map(string id, string title, string caption, PicturedPolicy policy, double[] values, string label)
    {
        var map = policy.Level.Map;
        var field = new double[map.Cells];
        Array.Fill(field, double.NaN);
        for (var index = 0; index < values.Length; index++)
            field[policy.Cells[index]] = values[index];
        return new(
            id, title, caption, new("column"), new("row"), [.. Enumerable.Range(0, map.Columns).Select(column => (double)column)],
            [.. Enumerable.Range(0, map.Rows).Select(row => (double)row)], field, label)
        {
            Map = true,
            Overlay =
            [
                .. policy.Level.Objects.Select(item => new FigureSeries(
                    string.Create(CultureInfo.InvariantCulture, $"reward {item.Kind.Reward:0.#}").Replace('-', '−'), [item.Cell % map.Columns], [item.Cell / map.Columns]) { Points = true }),
            ],
        };
    }
}
