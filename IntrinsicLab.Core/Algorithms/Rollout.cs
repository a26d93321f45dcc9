using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// On-policy experience of T steps in B environments. Arrays are flat and time-major: the row of step t in environment b is t·B + b.
/// </summary>
public sealed class Rollout
{
    private readonly int environments;
    private readonly int steps;

    /// <summary>Makes room for one rollout.</summary>
    /// <param name="spec">What is observed and done.</param>
    /// <param name="environments">B.</param>
    /// <param name="steps">T.</param>
    public Rollout(EnvironmentSpec spec, int environments, int steps)
    {
        (this.environments, this.steps) = (environments, steps);
        Rows = environments * steps;
        ObservationSize = spec.Observation.Size;
        ActionSize = spec.Action.Size;
        Observations = new float[Rows * ObservationSize];
        Actions = new float[Rows * ActionSize];
        NegativeLogProbabilities = new float[Rows];
        Values = new float[Rows];
        Rewards = new float[Rows];
        Ended = new bool[Rows];
        NextValues = new float[environments];
        Advantages = new float[Rows];
        Returns = new float[Rows];
    }

    /// <summary>T·B.</summary>
    public int Rows { get; }

    /// <summary>Values of one observation.</summary>
    public int ObservationSize { get; }

    /// <summary>Values of one action.</summary>
    public int ActionSize { get; }

    /// <summary>What the policy saw, [T, B, O].</summary>
    public float[] Observations { get; }

    /// <summary>What it did, not clipped to any bounds, [T, B, A].</summary>
    public float[] Actions { get; }

    /// <summary>−log π(a|s) when acting, [T, B].</summary>
    public float[] NegativeLogProbabilities { get; }

    /// <summary>V(s) when acting, [T, B].</summary>
    public float[] Values { get; }

    /// <summary>Reward as the learner sees it, [T, B].</summary>
    public float[] Rewards { get; }

    /// <summary>Whether the step ended its episode, [T, B].</summary>
    public bool[] Ended { get; }

    /// <summary>V of the observations after the last step, [B].</summary>
    public float[] NextValues { get; }

    /// <summary>Advantages, filled by the algorithm, [T, B].</summary>
    public float[] Advantages { get; }

    /// <summary>Targets of the value function, filled by the algorithm, [T, B].</summary>
    public float[] Returns { get; }

    /// <summary>Episodes that a time limit cut off, where <see cref="Collect"/> was asked to keep them.</summary>
    public List<Truncation> Truncations { get; } = [];

    /// <summary>Acts for T steps.</summary>
    /// <param name="experience">The environments and what is done to their observations and rewards.</param>
    /// <param name="network">The policy.</param>
    /// <param name="actions">Source of the policy's choices.</param>
    /// <param name="ended">Called with every episode that ends.</param>
    /// <param name="truncationDiscount">
    /// γ where a time limit is no end: the reward before it gains γ·V(last observation) (Pardo et al. 2018). 0 treats it as an end.
    /// </param>
    /// <param name="keepTruncations">Fills <see cref="Truncations"/>, for learners with more than one value function.</param>
    public void Collect(
        Experience experience, IActor network, Rng actions, Action<Episode> ended, double truncationDiscount = 0, bool keepTruncations = false)
    {
        Truncations.Clear();
        for (var t = 0; t < steps; t++)
        {
            var row = t * environments;
            network.Forward(experience.Observations, environments);
            var chosen = Actions.AsSpan(row * ActionSize, environments * ActionSize);
            network.Sample(actions, chosen);
            network.Evaluate(chosen, NegativeLogProbabilities.AsSpan(row, environments));
            network.Values.CopyTo(Values.AsSpan(row));
            experience.Observations.CopyTo(Observations.AsSpan(row * ObservationSize));
            experience.Step(chosen);
            for (var b = 0; b < environments; b++)
            {
                Rewards[row + b] = (float)experience.Rewards[b];
                Ended[row + b] = experience.Batch.Terminated[b] || experience.Batch.Truncated[b];
            }
            foreach (var episode in experience.Batch.Ended)
                ended(episode);
            if (truncationDiscount > 0)
                AddValueOfTruncated(experience, network, row, truncationDiscount);
            for (var b = 0; b < environments && keepTruncations; b++)
                if (experience.Batch.Truncated[b] && !experience.Batch.Terminated[b])
                    Truncations.Add(new(row + b, experience.FinalObservation(b).ToArray()));
        }
        network.Forward(experience.Observations, environments);
        network.Values.CopyTo(NextValues);
    }

    private void AddValueOfTruncated(Experience experience, IActor network, int row, double discount)
    {
        for (var b = 0; b < environments; b++)
        {
            if (!experience.Batch.Truncated[b] || experience.Batch.Terminated[b])
                continue;
            network.Forward(experience.FinalObservation(b), 1);
            Rewards[row + b] += (float)(discount * network.Values[0]);
        }
    }
}

/// <summary>An episode that a time limit cut off.</summary>
/// <param name="Row">Row of its last step.</param>
/// <param name="Observation">What came after that step, as the learner would have seen it, [O].</param>
public sealed record Truncation(int Row, float[] Observation);

/// <summary>Rows drawn from a <see cref="Rollout"/> in random order, each field contiguous.</summary>
/// <param name="rollout">Where they are drawn from.</param>
/// <param name="rows">How many, N.</param>
public sealed class Minibatch(Rollout rollout, int rows)
{
    private readonly int[] order = new int[rollout.Rows];

    /// <summary>[N, O].</summary>
    public float[] Observations { get; } = new float[rows * rollout.ObservationSize];

    /// <summary>[N, A].</summary>
    public float[] Actions { get; } = new float[rows * rollout.ActionSize];

    /// <summary>−log π(a|s) when acting, [N].</summary>
    public float[] NegativeLogProbabilities { get; } = new float[rows];

    /// <summary>V(s) when acting, [N].</summary>
    public float[] Values { get; } = new float[rows];

    /// <summary>[N].</summary>
    public float[] Advantages { get; } = new float[rows];

    /// <summary>[N].</summary>
    public float[] Returns { get; } = new float[rows];

    /// <summary>Puts the rollout's rows into a new random order.</summary>
    /// <param name="rng">Source of the order.</param>
    public void Shuffle(Rng rng)
    {
        InOrder();
        rng.Shuffle(order.AsSpan());
    }

    /// <summary>Puts the rollout's rows into the order of time.</summary>
    public void InOrder()
    {
        for (var row = 0; row < order.Length; row++)
            order[row] = row;
    }

    /// <summary>Which rows of the rollout one part of the order has.</summary>
    /// <param name="part">Which; part k begins at row k·N.</param>
    public ReadOnlySpan<int> RowsOf(int part) => order.AsSpan(part * rows, rows);

    /// <summary>Takes the rows of one part of the order.</summary>
    /// <param name="part">Which; part k begins at row k·N.</param>
    public void Gather(int part)
    {
        var indices = RowsOf(part);
        var (observation, action) = (rollout.ObservationSize, rollout.ActionSize);
        for (var i = 0; i < indices.Length; i++)
        {
            var row = indices[i];
            rollout.Observations.AsSpan(row * observation, observation).CopyTo(Observations.AsSpan(i * observation));
            rollout.Actions.AsSpan(row * action, action).CopyTo(Actions.AsSpan(i * action));
            NegativeLogProbabilities[i] = rollout.NegativeLogProbabilities[row];
            Values[i] = rollout.Values[row];
            Advantages[i] = rollout.Advantages[row];
            Returns[i] = rollout.Returns[row];
        }
    }
}
