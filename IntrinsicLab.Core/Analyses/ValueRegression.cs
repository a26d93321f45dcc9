using System.Globalization;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Analyses;

/// <summary>How values are read from predictions.</summary>
/// <param name="RandomPolicies">Policies that chance drew.</param>
/// <param name="LearnedPolicies">Policies of A2C after lives of 5 to 400 updates.</param>
/// <param name="Updates">Updates of the predictions of each policy.</param>
/// <param name="Folds">Policies are held out in so many turns, each in one of them.</param>
/// <param name="Steps">Steps of Adam of each regression.</param>
/// <param name="Seed">Seed of everything.</param>
public sealed record ValueRegressionSettings(
    int RandomPolicies = 8, int LearnedPolicies = 16, int Updates = 1000, int Folds = 6, int Steps = 6000, int Seed = 1)
{
    /// <summary>Step sizes of the predictions.</summary>
    public AgentRates Rates { get; init; } = RuleAnalysis.Rates;

    /// <summary>Discounts γ of the values that are asked for.</summary>
    public IReadOnlyList<double> Discounts { get; init; } = [0.9, 0.95, 0.99];

    /// <summary>Visits below which a state of a policy is left out.</summary>
    public int LeastVisits { get; init; } = 50;
}

/// <summary>How well values of one discount can be read, over policies that the reader was not taught on.</summary>
/// <param name="Source">What they are read from: "predictions", "td" or "state".</param>
/// <param name="Gamma">The discount.</param>
/// <param name="Error">Mean squared error.</param>
/// <param name="Share">R², the share of the values' variance that is read.</param>
public sealed record ReadValues(string Source, double Gamma, double Error, double Share);

/// <summary>
/// How much of a policy's values do its predictions hold? A small network reads V^π(s) from y(s), for several discounts; whole policies are held
/// out. The same from the value that TD(λ) learned, and from the state alone, which knows the place but not the policy (Oh et al. 2020, section 4.2).
/// </summary>
/// <param name="Read">By source and discount.</param>
/// <param name="Rows">States of policies that were visited often enough.</param>
/// <param name="Policies">Policies.</param>
public sealed record ValueRegression(IReadOnlyList<ReadValues> Read, int Rows, int Policies)
{
    /// <summary>From y(s).</summary>
    public const string FromPredictions = "predictions";

    /// <summary>From the value of TD(λ) with γ = 0.99 and λ = 0.95, learned from the same steps.</summary>
    public const string FromValues = "td";

    /// <summary>From the index of the state.</summary>
    public const string FromState = "state";

    private static readonly string[] Sources = [FromPredictions, FromValues, FromState];

    private sealed record Life(int[] States, double[][] Predictions, double[] Learned, double[][] Values);

    /// <summary>R² of a source and a discount.</summary>
    public double Share(string source, double gamma) => Read.First(read => read.Source == source && read.Gamma == gamma).Share;

    /// <summary>Measures it.</summary>
    /// <param name="rule">A rule with predictions.</param>
    /// <param name="settings">How.</param>
    /// <param name="threads">Policies, then regressions, at the same time; results do not depend on it.</param>
    public static ValueRegression Of(RuleContent rule, ValueRegressionSettings settings, int threads = 1)
    {
        var rng = new Rng((ulong)settings.Seed).Split("value-regression");
        var level = AnalysisWorlds.Grid(rng.Split("level"));
        var model = AnalysisWorlds.Model(level);
        var lives = new Life[settings.RandomPolicies + settings.LearnedPolicies];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        Parallel.For(0, lives.Length, parallel, index =>
        {
            var own = rng.Split("policy", index);
            var policy = index < settings.RandomPolicies
                ? AnalysisWorlds.Random(level, 3.0 * (index + 1) / settings.RandomPolicies, own.Split("logits"))
                : AnalysisWorlds.OfActorCritic(level, new TableActorCritic(), Updates(index - settings.RandomPolicies, settings.LearnedPolicies), own.Split("learner"));
            lives[index] = Settle(rule, level, policy, settings, own, [.. settings.Discounts.Select(gamma => model.PolicyValues(policy, gamma, 1e-6))]);
        });

        int[] states = [.. lives.SelectMany(life => life.States).Distinct().Order()];
        var hot = states.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var fits = new double[settings.Folds * settings.Discounts.Count * Sources.Length][];
        Parallel.For(0, fits.Length, parallel, index =>
        {
            var (fold, gamma, source) = (index / Sources.Length / settings.Discounts.Count, index / Sources.Length % settings.Discounts.Count, Sources[index % Sources.Length]);
            var taught = lives.Index().Where(life => life.Index % settings.Folds != fold).Select(life => life.Item).ToArray();
            var heldOut = lives.Index().Where(life => life.Index % settings.Folds == fold).Select(life => life.Item).ToArray();
            fits[index] = new NetworkRegression(settings.Steps).Predict(
                Inputs(taught), [.. taught.SelectMany(life => life.Values[gamma])], Inputs(heldOut), source != FromState,
                rng.Split("regression").Split(source).Split("fold", fold));

            double[][] Inputs(Life[] of) => source switch
            {
                FromPredictions => [.. of.SelectMany(life => life.Predictions)],
                FromValues => [.. of.SelectMany(life => life.Learned.Select(value => new[] { value }))],
                _ => [.. of.SelectMany(life => life.States.Select(state => OneHot(hot[state], states.Length)))],
            };
        });

        var read = new List<ReadValues>();
        foreach (var (gamma, discount) in settings.Discounts.Index())
        {
            double[] actual = [.. Enumerable.Range(0, settings.Folds).SelectMany(fold =>
                lives.Where((_, index) => index % settings.Folds == fold).SelectMany(life => life.Values[gamma]))];
            foreach (var (source, name) in Sources.Index())
            {
                double[] predicted = [.. Enumerable.Range(0, settings.Folds).SelectMany(fold => fits[(fold * settings.Discounts.Count + gamma) * Sources.Length + source])];
                read.Add(new(name, discount, Determination.MeanSquaredError(actual, predicted), Determination.Coefficient(actual, predicted)));
            }
        }
        return new(read, lives.Sum(life => life.States.Length), lives.Length);
    }

    // From 5 to 400, each a little longer than the one before.
    private static int Updates(int index, int count) => (int)Math.Round(5 * Math.Pow(80, count > 1 ? index / (count - 1.0) : 1));

    private static Life Settle(
        RuleContent rule, GridLevel level, double[] policy, ValueRegressionSettings settings, Rng rng, double[][] values)
    {
        var life = new FixedPolicyLife(rule, level, policy, settings.Rates, 0.1, rng.Split("life"));
        var td = new TableValues(life.Rollout.Steps, life.Rollout.Environments, level.States, 0.99, 0.95);
        var (learned, sums, counted) = (new float[level.States], new double[level.States], 0);
        var m = rule.Network.Predictions;
        var predictions = life.Settle(settings.Updates, update =>
        {
            td.Evaluate(learned, life.Rollout);
            if (!FixedPolicyLife.Counts(update, settings.Updates))
                return;
            for (var state = 0; state < sums.Length; state++)
                sums[state] += learned[state];
            counted++;
        });
        int[] states = [.. Enumerable.Range(0, level.States).Where(state => life.Visits[state] >= settings.LeastVisits)];
        return new(
            states, [.. states.Select(state => predictions.AsSpan(state * m, m).ToArray())], [.. states.Select(state => sums[state] / counted)],
            [.. values.Select(of => states.Select(state => of[state]).ToArray())]);
    }

    private static double[] OneHot(int index, int width)
    {
        var row = new double[width];
        row[index] = 1;
        return row;
    }

    /// <summary>Numbers and figures.</summary>
    public RuleAnalysis Analysis()
    {
        double[] discounts = [.. Read.Select(read => read.Gamma).Distinct()];
        return new(
            "value-regression", "What predictions say of values",
            string.Create(CultureInfo.InvariantCulture, $"How much of a policy's values do its predictions hold? {Policies} policies in one grid, chance's and A2C's; a small network reads state values for several discounts, and is judged on policies that it was not taught on. Beside it the same from a value that TD(λ) learned (γ = 0.99), and from the state alone, which knows the place but not the policy."),
            [
                .. Read.Select(read => new AnalysisNumber(
                    string.Create(CultureInfo.InvariantCulture, $"r2-{read.Source}-{read.Gamma:0.##}"),
                    string.Create(CultureInfo.InvariantCulture, $"Share of variance read from {Word(read.Source)}, γ = {read.Gamma:0.##}"), read.Share)),
                .. Read.Select(read => new AnalysisNumber(
                    string.Create(CultureInfo.InvariantCulture, $"error-{read.Source}-{read.Gamma:0.##}"),
                    string.Create(CultureInfo.InvariantCulture, $"Mean squared error from {Word(read.Source)}, γ = {read.Gamma:0.##}"), read.Error)),
                new("states", "States of policies, visited often enough", Rows),
            ],
            [
                new LineFigure(
                    "value-regression", "Values read from predictions",
                    "Share of the variance of state values that a small network reads, on policies that it was not taught on: 1 is all of it, 0 none, below 0 worse than their mean. Predictions are of use where they say more than the state alone.",
                    new("discount γ of the values asked for"), new("share of variance read, R²"),
                    [.. Sources.Select(source => new FigureSeries(Word(source), discounts, [.. discounts.Select(gamma => Share(source, gamma))]))]),
            ]);
    }

    private static string Word(string source) => source switch { FromPredictions => "predictions", FromValues => "TD(λ) value", _ => "the state" };
}
