namespace IntrinsicLab.Core.Environments;

/// <summary>
/// The rules of one tabular world as a function of its state index: what a single environment and <see cref="TabularBatch"/> have in
/// common, so that equal draws give equal transitions. It holds nothing that changes.
/// </summary>
public interface ITabularLevel
{
    /// <summary>Number of states, S.</summary>
    int States { get; }

    /// <summary>Number of actions, A.</summary>
    int Actions { get; }

    /// <summary>Steps after which an episode is truncated; null where every episode ends by itself.</summary>
    int? TimeLimit { get; }

    /// <summary>Draws the state an episode begins in.</summary>
    int Begin(Rng rng);

    /// <summary>Takes one action; draws only where the outcome is open.</summary>
    /// <param name="state">Index of the state.</param>
    /// <param name="action">0 … A − 1; not checked.</param>
    /// <param name="rng">Where draws come from.</param>
    /// <param name="reward">What the step paid.</param>
    /// <param name="terminated">Whether the task ended.</param>
    /// <returns>The state that follows; a valid index also where terminated.</returns>
    int Step(int state, int action, Rng rng, out double reward, out bool terminated);
}
