using IntrinsicLab.Core.Environments;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Training as a state machine: the caller pulls one iteration of the paper's loop at a time and owns stopping, logging, storing and
/// checkpoints. Made from its config and a <see cref="TrainingSetup"/>, an algorithm is a pure function of both.
/// </summary>
public interface IAlgorithm : IDisposable
{
    /// <summary>Runs one iteration and returns what happened.</summary>
    /// <exception cref="DivergedException">A loss or a parameter is not finite.</exception>
    Progress Update();

    /// <summary>Writes the full state: parameters, optimiser, normalisers, environments, generators.</summary>
    void Save(CheckpointWriter writer);

    /// <summary>Restores what <see cref="Save"/> wrote into an algorithm made from the same config and setup.</summary>
    void Load(CheckpointReader reader);

    /// <summary>
    /// What there is to see inside now, right after an <see cref="Update"/>; it changes nothing that training depends on. Called about ten
    /// times in a run. A figure's id stays the same throughout a run, so that a page can show how it changed.
    /// </summary>
    IReadOnlyList<Figure> Figures() => [];

    /// <summary>
    /// What the learner thinks of steps that others take, such as what it would pay for them itself; recorded with replays and shown in step
    /// with them. Asking changes nothing that training depends on. Valid until the next <see cref="Update"/>.
    /// </summary>
    IReadOnlyList<StepTrace> Traces => [];

    /// <summary>The update rule as it is now, of an algorithm that learns one for others to learn with; null for all others.</summary>
    RuleContent? Rule => null;

    /// <summary>The current policy, for evaluation and replays. Valid until the next <see cref="Update"/>.</summary>
    IPolicy Policy { get; }
}

/// <summary>Chooses actions. One that remembers is told where episodes begin and what steps paid; others need neither.</summary>
public interface IPolicy
{
    /// <summary>Tells that the next observation is the first of an episode: nothing before it counts.</summary>
    void Begin() { }

    /// <summary>Writes the policy's most likely action for an observation (raw, as the environment gave it).</summary>
    void Act(ReadOnlySpan<float> observation, Span<float> action);

    /// <summary>Tells what the step with the last action paid.</summary>
    /// <param name="reward">Reward as the environment with its wrappers pays it.</param>
    void Paid(double reward) { }
}

/// <summary>One number that a learner has for a step.</summary>
/// <param name="Name">Name for people, in sentence case.</param>
/// <param name="Meaning">A sentence: what the number is.</param>
/// <param name="Of">Computes it.</param>
public sealed record StepTrace(string Name, string Meaning, StepNumber Of);

/// <summary>A number for a step from one observation to the next, all raw, as the environment has them.</summary>
/// <param name="observation">What was seen.</param>
/// <param name="action">What was done.</param>
/// <param name="next">What was seen then.</param>
public delegate double StepNumber(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, ReadOnlySpan<float> next);

/// <summary>What an algorithm is given besides its config.</summary>
/// <param name="Environments">The world to learn in.</param>
/// <param name="Steps">Environment steps of the whole run, for schedules.</param>
/// <param name="Rng">Root of the run's randomness; each consumer splits its own named stream from it.</param>
/// <param name="Device">Where tensors live.</param>
public sealed record TrainingSetup(EnvironmentFactory Environments, long Steps, Rng Rng, torch.Device Device)
{
    /// <summary>Finds a learned update rule by <see cref="LearnedRule.Id"/>; null where there is none. Shipped ones, unless the lab has more.</summary>
    public Func<string, LearnedRule?> FindRule { get; init; } = ShippedRules.Find;
}
