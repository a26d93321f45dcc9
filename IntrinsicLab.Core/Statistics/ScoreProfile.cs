using System.Runtime.CompilerServices;

namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// Run-score distribution of one method (Agarwal et al. 2021): what share of its runs scores above a threshold. It steps only at its own scores
/// and is given there, so that it is exact and asks for no grid; between two of them it keeps the value of the lower one.
/// </summary>
/// <param name="Thresholds">The scores themselves, ascending, each once.</param>
/// <param name="Shares">Share of all scores strictly above each of them; below the first all are, above the last none.</param>
/// <param name="Low">Lower edge of the pointwise stratified bootstrap band; empty without one.</param>
/// <param name="High">Its upper edge.</param>
public sealed record ScoreProfile(double[] Thresholds, double[] Shares, double[] Low, double[] High)
{
    /// <summary>The profile of a table.</summary>
    /// <param name="scores">Scores, of several tasks normalised.</param>
    /// <param name="replicates">Bootstrap resamples.</param>
    /// <param name="seed">Where the draws come from: for each replicate, for each task, for each run one draw.</param>
    /// <param name="confidence">Of the band.</param>
    /// <param name="cancellation">Ends the work early.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ScoreProfile Of(ScoreTable scores, int replicates, ulong seed, double confidence = 0.95, CancellationToken cancellation = default)
    {
        var flat = new double[scores.Count];
        scores.CopyTo(flat);
        double[] thresholds = [.. flat.Distinct().Order()];
        var shares = PerformanceProfile.OfRuns(scores, thresholds);
        if (Enumerable.Range(0, scores.Tasks).Any(task => scores[task].Length < 2))
            return new ScoreProfile(thresholds, shares, [], []);

        // Counts above a threshold are whole numbers: how often each came up holds every quantile.
        var step = Array.ConvertAll(flat, score => Array.BinarySearch(thresholds, score));
        var seen = new int[thresholds.Length][];
        for (var threshold = 0; threshold < seen.Length; threshold++)
            seen[threshold] = new int[flat.Length + 1];
        var (generator, drawn) = (new SplitMix64(seed), new int[thresholds.Length]);
        for (var replicate = 0; replicate < replicates; replicate++)
        {
            if (replicate % 256 == 0)
                cancellation.ThrowIfCancellationRequested();
            Array.Clear(drawn);
            for (int task = 0, first = 0; task < scores.Tasks; first += scores[task].Length, task++)
                for (var run = 0; run < scores[task].Length; run++)
                    drawn[step[first + generator.Below(scores[task].Length)]]++;
            var above = flat.Length;
            for (var threshold = 0; threshold < drawn.Length; threshold++)
                seen[threshold][above -= drawn[threshold]]++;
        }
        var tail = (1 - confidence) / 2;
        return new ScoreProfile(
            thresholds, shares, Array.ConvertAll(seen, counts => Quantile(counts, replicates, tail) / flat.Length),
            Array.ConvertAll(seen, counts => Quantile(counts, replicates, 1 - tail) / flat.Length));
    }

    private static double Quantile(int[] counts, int total, double probability)
    {
        var position = probability * (total - 1);
        var below = (int)Math.Floor(position);
        var low = ValueAt(below);
        return low + (position - below) * (ValueAt(Math.Min(below + 1, total - 1)) - low);

        int ValueAt(int rank)
        {
            var value = 0;
            for (var passed = counts[0]; passed <= rank; passed += counts[value])
                value++;
            return value;
        }
    }
}
