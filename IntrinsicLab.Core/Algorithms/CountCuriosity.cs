using System.Globalization;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What is counted.</summary>
public enum Counting
{
    /// <summary>Boxes of the observation space.</summary>
    States,

    /// <summary>Pairs of such a box and the action taken there.</summary>
    StateActions,

    /// <summary>Keys of random planes (Tang et al. 2017, "#Exploration").</summary>
    Simhash,

    /// <summary>What a density model's learning amounts to (Bellemare et al. 2016).</summary>
    PseudoCounts,
}

/// <summary>What a count is worth.</summary>
public enum CountReward
{
    /// <summary>1/√n (Strehl and Littman 2008; Tang et al. 2017).</summary>
    InverseRoot,

    /// <summary>1/(1 + n) (Kolter and Ng 2009).</summary>
    Inverse,

    /// <summary>√(2·ln N/n) with N visits of the state and n of the pair, as UCB-1 has it (Auer, Cesa-Bianchi and Fischer 2002).</summary>
    Ucb,
}

/// <summary>Settings of a <see cref="CountCuriosity"/>.</summary>
public sealed record CountSettings
{
    /// <summary>What is counted.</summary>
    public Counting Counting { get; init; }

    /// <summary>What a count is worth; pseudo-counts have a rule of their own, (N̂ + 0.01)^−½.</summary>
    public CountReward Reward { get; init; }

    /// <summary>Edge of a box, in deviations of the first batch's observations.</summary>
    public double BoxWidth { get; init; } = 0.5;

    /// <summary>Planes of SimHash, k.</summary>
    public int HashBits { get; init; } = 32;

    /// <summary>Appends a 1 to what SimHash sees, without which a state's distance from the middle is invisible to it.</summary>
    public bool HashConstant { get; init; } = true;

    /// <summary>Boxes on either side of the middle along each axis of the density model.</summary>
    public int DensityReach { get; init; } = 50;

    /// <summary>Visits that every box of the density model starts with, α of Laplace's rule.</summary>
    public double DensitySmoothing { get; init; } = 0.1;
}

/// <summary>
/// Curiosity by counting: the rarer a state, the larger its bonus. All steps of a batch are counted before any is paid, so that no bonus exceeds
/// that of a first visit (the order of the code behind Tang et al. 2017). Only a pseudo-count is paid as its step comes.
/// </summary>
public sealed class CountCuriosity : ICuriosity
{
    private readonly CountSettings settings;
    private readonly int observationSize, actionSize;
    private readonly bool discrete;
    private readonly StateLattice states, actions;
    private readonly SimHash? hash;
    private readonly VisitCounts visits = new(), pairs = new();
    private readonly HistogramDensity density, ahead;
    private readonly double[] features;

    /// <summary>Begins with nothing counted.</summary>
    /// <param name="settings">What is counted, and how.</param>
    /// <param name="spec">What is observed and done.</param>
    /// <param name="rng">Source of SimHash's planes.</param>
    public CountCuriosity(CountSettings settings, EnvironmentSpec spec, Rng rng)
    {
        this.settings = settings;
        (observationSize, actionSize, discrete) = (spec.Observation.Size, spec.Action.Size, spec.Action is Discrete);
        (states, actions) = (new(observationSize, settings.BoxWidth), new(actionSize, settings.BoxWidth));
        features = new double[observationSize + (settings.HashConstant ? 1 : 0)];
        if (settings.Counting == Counting.Simhash)
            hash = new SimHash(settings.HashBits, features.Length, rng);
        (density, ahead) = (new(observationSize, settings.DensityReach, settings.DensitySmoothing), new(observationSize, settings.DensityReach, settings.DensitySmoothing));
    }

    /// <summary>Boxes of the observation space that were visited, whatever is counted.</summary>
    public int Places => visits.Places;

    /// <inheritdoc/>
    public void Score(Transitions transitions, Span<double> scores, Span<double> bonuses)
    {
        if (!states.IsLaid)
        {
            states.Lay(transitions.Observations);
            if (!discrete)
                actions.Lay(transitions.Actions);
        }
        if (settings.Counting == Counting.PseudoCounts)
            ScoreByDensity(transitions, scores, bonuses);
        else
            ScoreByCounts(transitions, scores, bonuses);
    }

    /// <summary>What one more step would be paid; 0 before the first batch. It changes nothing.</summary>
    /// <param name="observation">What was observed, [O].</param>
    /// <param name="action">What was done there, [A].</param>
    public double Bonus(ReadOnlySpan<float> observation, ReadOnlySpan<float> action)
    {
        if (!states.IsLaid)
            return 0;
        Span<double> numbers = stackalloc double[2];
        Score(new Transitions(observation, action, observation, [true]), numbers[..1], numbers[1..]);
        return numbers[1];
    }

    /// <inheritdoc/>
    public CuriosityFit Learn(Transitions transitions)
    {
        Span<int> boxes = new int[observationSize];
        for (var row = 0; row < transitions.Count; row++)
        {
            var observation = transitions.Observations.Slice(row * observationSize, observationSize);
            visits.Add(states.PlaceOf(observation));
            if (settings.Counting is Counting.StateActions or Counting.Simhash)
                pairs.Add(KeyOf(transitions, row));
            if (settings.Counting != Counting.PseudoCounts)
                continue;
            for (var axis = 0; axis < observationSize; axis++)
                boxes[axis] = states.Box(observation, axis);
            density.Add(boxes);
        }
        return default;
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        states.Save(writer);
        actions.Save(writer);
        visits.Save(writer);
        pairs.Save(writer);
        density.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        states.Load(reader);
        actions.Load(reader);
        visits.Load(reader);
        pairs.Load(reader);
        density.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void ScoreByCounts(Transitions transitions, Span<double> scores, Span<double> bonuses)
    {
        var (counts, batch, batchOfStates) = (settings.Counting == Counting.States ? visits : pairs, new VisitCounts(), new VisitCounts());
        var (keys, places) = (new string[transitions.Count], new string[transitions.Count]);
        for (var row = 0; row < keys.Length; row++)
        {
            batch.Add(keys[row] = KeyOf(transitions, row));
            if (settings.Reward == CountReward.Ucb)
                batchOfStates.Add(places[row] = states.PlaceOf(transitions.Observations.Slice(row * observationSize, observationSize)));
        }
        for (var row = 0; row < keys.Length; row++)
        {
            var count = scores[row] = counts[keys[row]] + batch[keys[row]];
            bonuses[row] = settings.Reward switch
            {
                CountReward.Inverse => 1 / (1 + count),
                CountReward.Ucb => Math.Sqrt(2 * Math.Log(visits[places[row]] + batchOfStates[places[row]]) / count),
                _ => 1 / Math.Sqrt(count),
            };
        }
    }

    // On a copy of the model, which learns step by step.
    private void ScoreByDensity(Transitions transitions, Span<double> scores, Span<double> bonuses)
    {
        ahead.Copy(density);
        Span<int> boxes = new int[observationSize];
        for (var row = 0; row < transitions.Count; row++)
        {
            for (var axis = 0; axis < observationSize; axis++)
                boxes[axis] = states.Box(transitions.Observations.Slice(row * observationSize, observationSize), axis);
            var (before, after) = ahead.Add(boxes);
            var count = PseudoCount.Of(before, after);
            scores[row] = Math.Min(count, 1e12);
            bonuses[row] = PseudoCount.Bonus(count, 1);
        }
    }

    private string KeyOf(Transitions transitions, int row)
    {
        var observation = transitions.Observations.Slice(row * observationSize, observationSize);
        if (hash is not null)
        {
            for (var axis = 0; axis < observationSize; axis++)
                features[axis] = states.Scaled(observation, axis) * settings.BoxWidth;
            if (settings.HashConstant)
                features[^1] = 1;
            return hash.KeyOf(features).ToString("x", CultureInfo.InvariantCulture);
        }
        var place = states.PlaceOf(observation);
        if (settings.Counting == Counting.States)
            return place;
        var action = transitions.Actions.Slice(row * actionSize, actionSize);
        return place + (discrete ? ((int)action[0]).ToString(CultureInfo.InvariantCulture) : actions.PlaceOf(action));
    }
}
