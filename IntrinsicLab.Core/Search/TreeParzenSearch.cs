using IntrinsicLab.Core.Statistics;

namespace IntrinsicLab.Core.Search;

/// <summary>
/// The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", 2011, section 4).
/// The results are split at their γ-quantile; ℓ(x) is a density of the configurations below (the good ones), g(x) one of the rest. Expected
/// improvement is proportional to (γ + (1 − γ) g(x)/ℓ(x))⁻¹, so that of candidates drawn from ℓ the one with the largest ℓ(x)/g(x) is tried.
/// <para>
/// Dimensions are independent within ℓ and g. Of a number the density is an equally weighted mixture of the prior (a normal distribution with
/// the middle of the range as mean and its width as deviation) and a normal distribution around each observation, all truncated to the range; the
/// deviation is the larger distance to its two neighbours, held between width/min(100, n + 1) and width, as in the authors' implementation.
/// Of a list it is proportional to (1 + count of the value). Trials under way count as not good, so that workers side by side
/// do not all try the same place. The first trials are random.
/// </para>
/// </summary>
internal sealed class TreeParzenSearch(SearchSpace space, SearchGoal goal, Rng rng) : ISampler
{
    /// <summary>Random trials before the first estimate.</summary>
    public const int RandomTrials = 10;

    private const double Gamma = 0.15;
    private const int Candidates = 24;
    private const int MostRounds = 20;

    private readonly RandomSearch random = new(space, rng);

    public double[]? Next(IReadOnlyList<SweepTrial> trials, IReadOnlySet<string> tried)
    {
        var known = trials.Where(trial => trial.Results.Count > 0).OrderBy(trial => trial, TrialOrder.Of(goal)).ToList();
        if (known.Count < RandomTrials)
            return random.Next(trials, tried);
        var good = Math.Max(2, (int)Math.Ceiling(Gamma * known.Count));
        var rest = known.Skip(good).Concat(trials.Where(trial => trial.Results.Count == 0)).ToList();
        var estimates = space.Dimensions.Select((dimension, index) => (
            Good: Density.Of(dimension, known.Take(good).Select(trial => trial.Coordinates[index])),
            Others: Density.Of(dimension, rest.Select(trial => trial.Coordinates[index])))).ToList();
        var stream = rng.Split("estimate", trials.Count);
        for (var round = 0; round < MostRounds; round++)
        {
            double[]? best = null;
            var highest = double.NegativeInfinity;
            for (var candidate = 0; candidate < Candidates; candidate++)
            {
                var point = new double[estimates.Count];
                var ratio = 0.0;
                for (var index = 0; index < point.Length; index++)
                {
                    point[index] = estimates[index].Good.Draw(stream);
                    ratio += Math.Log(estimates[index].Good.At(point[index])) - Math.Log(estimates[index].Others.At(point[index]));
                }
                var values = space.ValuesOf(point);
                if (ratio > highest && !tried.Contains(SearchSpace.KeyOf(values)) && space.Accepts?.Invoke(values) != false)
                    (best, highest) = (point, ratio);
            }
            if (best is not null)
                return best;
        }
        return random.Next(trials, tried);
    }

    /// <summary>A density over one dimension.</summary>
    private abstract class Density
    {
        public static Density Of(Dimension dimension, IEnumerable<double> observed)
        {
            var inside = observed.Where(double.IsFinite).ToList();
            return dimension.Scale == DimensionScale.Values ? new Counts(dimension, inside) : new Mixture(dimension, inside);
        }

        public abstract double Draw(Rng rng);

        public abstract double At(double coordinate);
    }

    private sealed class Counts : Density
    {
        private readonly double[] weights;

        public Counts(Dimension dimension, List<double> observed)
        {
            weights = new double[dimension.Count!.Value];
            Array.Fill(weights, 1.0 / (observed.Count + weights.Length));
            foreach (var coordinate in observed)
                weights[(int)coordinate] += 1.0 / (observed.Count + weights.Length);
        }

        public override double Draw(Rng rng)
        {
            var left = rng.NextDouble();
            for (var index = 0; index < weights.Length - 1; index++)
                if ((left -= weights[index]) < 0)
                    return index;
            return weights.Length - 1;
        }

        public override double At(double coordinate) => weights[(int)coordinate];
    }

    // Over [0, 1], the dimension's own scale.
    private sealed class Mixture : Density
    {
        private readonly Dimension dimension;
        private readonly List<(double Mean, double Deviation, double Mass)> parts = [];

        public Mixture(Dimension dimension, List<double> observed)
        {
            this.dimension = dimension;
            var places = observed.Select(dimension.ToUnit).Append(0.5).Order().ToList();
            var prior = places.IndexOf(0.5);
            var narrowest = 1.0 / Math.Min(100, places.Count);
            for (var index = 0; index < places.Count; index++)
            {
                var left = places[index] - (index > 0 ? places[index - 1] : 0);
                var right = (index < places.Count - 1 ? places[index + 1] : 1) - places[index];
                var deviation = index == prior ? 1.0 : Math.Clamp(Math.Max(left, right), narrowest, 1.0);
                var mass = Normal.Cumulative((1 - places[index]) / deviation) - Normal.Cumulative(-places[index] / deviation);
                parts.Add((places[index], deviation, mass));
            }
        }

        public override double Draw(Rng rng)
        {
            var (mean, deviation, _) = parts[rng.NextInt(parts.Count)];
            while (true)
                if (mean + deviation * rng.NextGaussian() is >= 0 and <= 1 and var place)
                    return dimension.FromUnit(place);
        }

        public override double At(double coordinate)
        {
            var place = dimension.ToUnit(coordinate);
            var sum = 0.0;
            foreach (var (mean, deviation, mass) in parts)
            {
                var z = (place - mean) / deviation;
                sum += Math.Exp(-0.5 * z * z) / (deviation * Math.Sqrt(2 * Math.PI) * mass);
            }
            return sum / parts.Count;
        }
    }
}
