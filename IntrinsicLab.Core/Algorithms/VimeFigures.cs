using System.Globalization;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// What curiosity shows of itself: what it paid along the last paths and where, how often each place was visited, how sure the model is of its
/// weights, and how wrong it is.
/// </summary>
internal static class VimeFigures
{
    /// <summary>Name of the trace under replays.</summary>
    public const string TraceName = "Curiosity bonus";

    /// <summary>What the trace says.</summary>
    public const string TraceMeaning = "What curiosity of that moment would pay for the step, normalised, before its weight η.";

    private const int MostSteps = 500;
    private const int Bars = 20;

    /// <summary>All figures; none before the first batch.</summary>
    /// <param name="paths">The last batch.</param>
    /// <param name="scores">What its steps scored, [N].</param>
    /// <param name="bonuses">The same normalised, [N].</param>
    /// <param name="exploration">Where the whole training has been.</param>
    /// <param name="dynamics">The model; null where there is none.</param>
    /// <param name="errors">Squared errors of the model over the batch that it has learnt from by now, [N]; empty without a model.</param>
    /// <param name="bonus">What was scored.</param>
    public static IEnumerable<Figure> Of(
        PathBatch paths, double[] scores, double[] bonuses, ExplorationLog exploration, DynamicsCuriosity? dynamics, double[] errors, CuriosityBonus bonus)
    {
        if (paths.Rows == 0)
            yield break;
        var score = bonus == CuriosityBonus.InformationGain ? "information gain (nats)" : "prediction error";
        yield return Along(paths, scores, score);
        if (exploration.Planes is [var plane, ..])
            yield return Where(paths, bonuses, plane);
        foreach (var visits in ExplorationFigures.Visits(exploration))
            yield return visits;
        if (exploration.Planes.Count > 0)
            yield return ExplorationFigures.Coverage(exploration, "Fields of the state map");
        if (dynamics is not null)
            yield return Deviations(dynamics.Model);
        yield return Scores("scores", "What the batch's steps scored",
            $"Steps of the batch by the logarithm to base ten of their {score}, before normalisation and before the model learnt from them; steps that scored nothing are left out.",
            scores);
        if (errors.Length > 0)
            yield return Scores("prediction-errors", "Prediction errors",
                "Steps of the batch by the logarithm to base ten of the squared error of the model's mean prediction, summed over the normalised observation, after it learnt from them.",
                errors);
    }

    private static LineFigure Along(PathBatch paths, double[] scores, string label)
    {
        var (from, breaks) = (Math.Max(0, paths.Rows - MostSteps), new List<double>());
        double[] x = [.. Enumerable.Range(1, paths.Rows - from).Select(step => (double)step)];
        foreach (var path in paths.Paths)
            if (path.End > from && path.End < paths.Rows)
                breaks.Add(path.End - from + 0.5);
        return new LineFigure("curiosity", "Curiosity and extrinsic reward, step by step",
            "What the last steps of the batch scored before the model learnt from them (scale on the left), and the extrinsic reward (scale on the right); dotted lines "
            + "are ends of paths. Peaks are steps that were news to the model.",
            new("step"), new(label),
            [new("Curiosity", x, scores[from..paths.Rows]), new("Extrinsic", x, paths.Rewards[from..].ToArray()) { OnRight = true }])
        {
            Right = new("extrinsic reward"),
            Breaks = breaks,
        };
    }

    private static HeatFigure Where(PathBatch paths, double[] bonuses, VisitedPlane plane)
    {
        var (sums, counts) = (new double[plane.Visits.Count], new int[plane.Visits.Count]);
        for (var row = 0; row < paths.Rows; row++)
            if (plane.FieldOf(paths.Observations.Slice(row * paths.ObservationSize, paths.ObservationSize)) is >= 0 and var field)
                (sums[field], counts[field]) = (sums[field] + bonuses[row], counts[field] + 1);
        return ExplorationFigures.Heat("curiosity-map", "Curiosity bonus over the state space",
            "Mean bonus, normalised and not yet weighted, of the batch's steps that began in each field, in logarithmic colours; gaps were not visited by this batch, or paid nothing.",
            plane, [.. sums.Select((sum, field) => counts[field] > 0 ? sum / counts[field] : double.NaN)], "bonus")
            with
        { Logarithmic = true };
    }

    private static BarFigure Deviations(DynamicsModel model)
    {
        var rho = model.Belief[model.Network.Weights..];
        var values = new double[rho.Length];
        for (var index = 0; index < values.Length; index++)
            values[index] = Softplus.Of(rho[index]);
        return Histogram("weight-deviations", "Uncertainty of the model",
            string.Create(CultureInfo.InvariantCulture,
                $"Standard deviations of the model's weights and biases under its belief. Each began at {model.Network.PriorDeviation:0.###}, that of the prior; those that data says something about shrink."),
            values, 0.005, "0.0000");
    }

    private static BarFigure Scores(string id, string title, string caption, double[] values) =>
        Histogram(id, title, caption, [.. values.Where(value => value > 0).Select(Math.Log10)], 0.05, "0.00");

    // Bars between the extremes.
    private static BarFigure Histogram(string id, string title, string caption, double[] values, double narrowest, string format)
    {
        var (low, high) = values.Length > 0 ? (values.Min(), values.Max()) : (0, 1);
        var width = Math.Max((high - low) / Bars, narrowest);
        var shares = new double[Bars];
        foreach (var value in values)
            shares[Math.Clamp((int)((value - low) / width), 0, Bars - 1)] += 1.0 / values.Length;
        return new BarFigure(id, title, caption,
            [.. Enumerable.Range(0, Bars).Select(bar => (low + (bar + 0.5) * width).ToString(format, CultureInfo.InvariantCulture).Replace('-', '−'))],
            [new("share", shares)]);
    }
}
