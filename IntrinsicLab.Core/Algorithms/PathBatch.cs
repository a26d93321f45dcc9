using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>One path of a <see cref="PathBatch"/>: steps of one episode in order.</summary>
/// <param name="Start">Row of its first step.</param>
/// <param name="Length">Steps.</param>
/// <param name="Terminated">The task itself ended with the last step.</param>
/// <param name="Truncated">A time limit ended the episode with the last step; both flags can be set.</param>
public readonly record struct PathRange(int Start, int Length, bool Terminated, bool Truncated)
{
    /// <summary>Row after its last step.</summary>
    public int End => Start + Length;

    /// <summary>The batch was full before the episode ended; its rest is the next batch's first path.</summary>
    public bool Cut => !Terminated && !Truncated;
}

/// <summary>
/// On-policy experience of one environment, episode after episode: paths are collected until there are at least so many steps, and the last
/// one is played to its end (rllab). Rows lie in the order of time. What was observed after a path's last step is kept.
/// </summary>
public sealed class PathBatch
{
    private readonly int steps, limit, observationSize, actionSize;
    private readonly float[] scaled;
    private readonly List<PathRange> paths = [];
    private float[] observations, actions, finalObservations = [];
    private double[] rewards, values, finalValues = [];
    private int[] times;
    private int time;

    /// <summary>Makes room for a batch.</summary>
    /// <param name="spec">What is observed and done.</param>
    /// <param name="steps">Steps at which a batch is full.</param>
    /// <param name="whole">
    /// Plays the last path to its end. Otherwise it is cut at exactly that many steps and goes on in the next batch. Where nothing ends an
    /// episode, a whole path is cut too, at twice the steps.
    /// </param>
    public PathBatch(EnvironmentSpec spec, int steps, bool whole = true)
    {
        this.steps = steps;
        limit = whole ? steps + (spec.TimeLimit ?? spec.EndsWithin ?? steps) : steps;
        (observationSize, actionSize) = (spec.Observation.Size, spec.Action.Size);
        (observations, actions, scaled) = (new float[steps * observationSize], new float[steps * actionSize], new float[actionSize]);
        (rewards, values, times) = (new double[steps], new double[steps], new int[steps]);
    }

    /// <summary>Steps collected, N.</summary>
    public int Rows { get; private set; }

    /// <summary>The paths in order; together they cover all rows.</summary>
    public IReadOnlyList<PathRange> Paths => paths;

    /// <summary>Values of one observation, O.</summary>
    public int ObservationSize => observationSize;

    /// <summary>Values of one action, A.</summary>
    public int ActionSize => actionSize;

    /// <summary>What the policy saw, [N, O].</summary>
    public ReadOnlySpan<float> Observations => observations.AsSpan(0, Rows * observationSize);

    /// <summary>What it did, neither scaled nor clipped, [N, A].</summary>
    public ReadOnlySpan<float> Actions => actions.AsSpan(0, Rows * actionSize);

    /// <summary>Reward as the learner sees it, [N].</summary>
    public ReadOnlySpan<double> Rewards => rewards.AsSpan(0, Rows);

    /// <summary>Steps of the episode before each row's, [N].</summary>
    public ReadOnlySpan<int> Times => times.AsSpan(0, Rows);

    /// <summary>V of each row's observation, filled by <see cref="Predict"/>, [N].</summary>
    public ReadOnlySpan<double> Values => values.AsSpan(0, Rows);

    /// <summary>What was observed after the last step of each path, [paths, O].</summary>
    public ReadOnlySpan<float> FinalObservations => finalObservations.AsSpan(0, paths.Count * observationSize);

    /// <summary>What was observed after a step.</summary>
    /// <param name="path">The path it belongs to.</param>
    /// <param name="row">Its row.</param>
    public ReadOnlySpan<float> NextObservation(int path, int row) => row + 1 < paths[path].End
        ? observations.AsSpan((row + 1) * observationSize, observationSize)
        : finalObservations.AsSpan(path * observationSize, observationSize);

    /// <summary>Acts until the batch is full.</summary>
    /// <param name="experience">One environment and what is done to its observations and rewards.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="scale">Turns its actions into the environment's; null where they are.</param>
    /// <param name="rng">Source of the policy's choices.</param>
    /// <param name="ended">Called with every episode that ends.</param>
    public void Collect(Experience experience, IStochasticPolicy policy, ActionScale? scale, Rng rng, Action<Episode> ended)
    {
        if (experience.Batch.Count != 1)
            throw new ArgumentException($"Paths are collected in one environment, not in {experience.Batch.Count}.", nameof(experience));
        Rows = 0;
        paths.Clear();
        var batch = experience.Batch;
        for (var start = 0; ;)
        {
            if (Rows == rewards.Length)
                Grow();
            var action = actions.AsSpan(Rows * actionSize, actionSize);
            experience.Observations.CopyTo(observations.AsSpan(Rows * observationSize));
            policy.Forward(experience.Observations, 1);
            policy.Sample(rng, action);
            action.CopyTo(scaled);
            scale?.Apply(action, scaled);
            experience.Step(scaled);
            (rewards[Rows], times[Rows]) = (experience.Rewards[0], time++);
            Rows++;
            foreach (var episode in batch.Ended)
                ended(episode);
            var end = batch.Terminated[0] || batch.Truncated[0];
            if (!end && Rows < limit)
                continue;
            Close(new(start, Rows - start, batch.Terminated[0], batch.Truncated[0]), end ? experience.FinalObservation(0) : experience.Observations);
            start = Rows;
            if (end)
                time = 0;
            if (Rows >= steps)
                return;
        }
    }

    /// <summary>Fills <see cref="Values"/>, and what <see cref="Advantages"/> expects beyond the paths' ends.</summary>
    /// <param name="baseline">What expects it.</param>
    public void Predict(IBaseline baseline)
    {
        baseline.Predict(Observations, Times, values.AsSpan(0, Rows));
        if (finalValues.Length < paths.Count)
            finalValues = new double[2 * paths.Count];
        Span<int> finalTimes = paths.Count <= 256 ? stackalloc int[paths.Count] : new int[paths.Count];
        for (var index = 0; index < paths.Count; index++)
            finalTimes[index] = times[paths[index].End - 1] + 1;
        baseline.Predict(FinalObservations, finalTimes, finalValues.AsSpan(0, paths.Count));
    }

    /// <summary>Generalised advantages (see <see cref="Returns"/>) of rewards on these paths, with the values of the last <see cref="Predict"/>.</summary>
    /// <param name="rewards">[N]; the batch's own, or with a bonus added.</param>
    /// <param name="gamma">Discount γ per step.</param>
    /// <param name="lambda">Trace decay λ.</param>
    /// <param name="bootstrap">Continues the value beyond a time limit; otherwise it is an end like any other, as in rllab.</param>
    /// <param name="advantages">Receives them, [N].</param>
    public void Advantages(ReadOnlySpan<double> rewards, double gamma, double lambda, bool bootstrap, Span<double> advantages)
    {
        var never = new bool[Rows];
        for (var index = 0; index < paths.Count; index++)
        {
            var (start, length) = (paths[index].Start, paths[index].Length);
            Returns.GeneralizedAdvantages<double>(
                rewards.Slice(start, length), values.AsSpan(start, length), never.AsSpan(0, length), [Beyond(index, bootstrap)], gamma, lambda,
                advantages.Slice(start, length));
        }
    }

    /// <summary>Discounted sums of rewards to the paths' ends, and the value beyond those that go on.</summary>
    /// <param name="rewards">[N].</param>
    /// <param name="gamma">Discount γ per step.</param>
    /// <param name="bootstrap">As in <see cref="Advantages"/>.</param>
    /// <param name="returns">Receives them, [N].</param>
    public void DiscountedReturns(ReadOnlySpan<double> rewards, double gamma, bool bootstrap, Span<double> returns)
    {
        var never = new bool[Rows];
        for (var index = 0; index < paths.Count; index++)
        {
            var (start, length) = (paths[index].Start, paths[index].Length);
            Returns.NStep<double>(
                rewards.Slice(start, length), never.AsSpan(0, length), [Beyond(index, bootstrap)], gamma, returns.Slice(start, length));
        }
    }

    /// <summary>Writes how far the running path is.</summary>
    public void Save(BinaryWriter writer) => writer.Write(time);

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader) => time = reader.ReadInt32();

    private double Beyond(int index, bool bootstrap) =>
        paths[index].Cut || (bootstrap && !paths[index].Terminated) ? finalValues[index] : 0;

    private void Close(PathRange path, ReadOnlySpan<float> final)
    {
        if (finalObservations.Length < (paths.Count + 1) * observationSize)
            Array.Resize(ref finalObservations, 2 * (paths.Count + 1) * observationSize);
        final.CopyTo(finalObservations.AsSpan(paths.Count * observationSize));
        paths.Add(path);
    }

    private void Grow()
    {
        var rows = 2 * rewards.Length;
        Array.Resize(ref observations, rows * observationSize);
        Array.Resize(ref actions, rows * actionSize);
        Array.Resize(ref rewards, rows);
        Array.Resize(ref values, rows);
        Array.Resize(ref times, rows);
    }
}
