namespace IntrinsicLab.Core.Environments;

/// <summary>
/// A world small enough to list: states and what each action leads to, so that optimal values can be computed and tables learned. Its
/// observation is the state, one-hot or as the environment says; <see cref="State"/> is its index.
/// </summary>
public interface ITabular
{
    /// <summary>Number of states, S; indices run from 0.</summary>
    int States { get; }

    /// <summary>Index of the state the episode is in.</summary>
    int State { get; }

    /// <summary>Where an episode can begin, with probabilities that sum to 1.</summary>
    IReadOnlyList<(int State, double Probability)> Starts { get; }

    /// <summary>
    /// Adds everything that taking <paramref name="action"/> in <paramref name="state"/> can lead to; probabilities sum to 1, one state may
    /// be named more than once. A time limit is left out.
    /// </summary>
    void Outcomes(int state, int action, List<Outcome> outcomes);
}

/// <summary>One possible outcome of an action.</summary>
/// <param name="Probability">How likely it is.</param>
/// <param name="State">The state it leads to; of no meaning where terminated.</param>
/// <param name="Reward">What it pays on average.</param>
/// <param name="Terminated">The task ends.</param>
public readonly record struct Outcome(double Probability, int State, double Reward, bool Terminated);
