namespace IntrinsicLab.Core.Environments;

/// <summary>
/// A world that is stepped one action at a time. An instance is used by one thread at a time; everything random comes from the generator
/// given to <see cref="Reset"/>, which the environment keeps until the next reset.
/// </summary>
public interface IEnvironment : IDisposable
{
    /// <summary>What is observed, what can be done, and how scores read.</summary>
    EnvironmentSpec Spec { get; }

    /// <summary>Begins an episode and writes its first observation (<see cref="Space.Size"/> values).</summary>
    void Reset(Rng rng, Span<float> observation);

    /// <summary>
    /// Applies an action (a discrete action is one value, its index) and writes the observation that follows, also when the episode ends.
    /// </summary>
    /// <exception cref="InvalidOperationException">The episode has ended, or none was begun.</exception>
    StepResult Step(ReadOnlySpan<float> action, Span<float> observation);

    /// <summary>
    /// Told, where <see cref="EnvironmentSpec.Elsewhere"/>, before <see cref="Step"/> is called with the same action, to all environments
    /// of a batch before the first of them steps: one whose steps run in another process sends the action off here.
    /// </summary>
    void Announce(ReadOnlySpan<float> action) { }

    /// <summary>Writes the full state (the generator is the caller's), so that <see cref="Load"/> continues the episode bit for bit.</summary>
    void Save(BinaryWriter writer);

    /// <summary>Restores what <see cref="Save"/> wrote; <paramref name="rng"/> takes the place of the one given to <see cref="Reset"/>.</summary>
    void Load(BinaryReader reader, Rng rng);

    /// <summary>Shapes that show the current state, or null where there is no picture.</summary>
    Scene? Render();

    /// <summary>Goal and state as places of <see cref="EnvironmentSpec.GoalPlane"/>; null where the spec has none.</summary>
    GoalPlaces? Places => null;

    /// <summary>
    /// Puts the wanted goal of the running episode at a place of <see cref="EnvironmentSpec.GoalPlane"/>, where it stays until the next
    /// <see cref="Reset"/>, which draws its own; it is part of what <see cref="Save"/> writes. Only players call this: training never does.
    /// </summary>
    /// <param name="x">x of the place.</param>
    /// <param name="y">Its y.</param>
    /// <param name="observation">The present observation; what it says of the goal is written anew.</param>
    /// <exception cref="ArgumentException">Nothing can be wanted there; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The episode has ended, or none was begun.</exception>
    /// <exception cref="NotSupportedException">The spec has no plane of goals.</exception>
    void Want(double x, double y, Span<float> observation) =>
        throw new NotSupportedException("This environment has no goals that are places.");
}

/// <summary>What one step returned.</summary>
/// <param name="Reward">Extrinsic reward of the step.</param>
/// <param name="Terminated">The task itself ended: no value follows.</param>
/// <param name="Truncated">A limit outside the task (time) ended the episode: a value would have followed.</param>
public readonly record struct StepResult(double Reward, bool Terminated, bool Truncated)
{
    /// <summary>
    /// The environment's own reward, whatever wrappers made of <see cref="Reward"/> (they use <c>with</c>, which keeps it): episodes are
    /// scored by it, so that scores stay comparable.
    /// </summary>
    public double RawReward { get; init; } = Reward;

    /// <summary>The step cost a life of a game that has several.</summary>
    public bool LifeLost { get; init; }

    /// <summary>
    /// Set by a wrapper that ends the learner's episode before the game is over: the score is not complete, and the next reset goes on with
    /// the same game.
    /// </summary>
    public bool GameGoesOn { get; init; }

    /// <summary>The episode is over, for either reason.</summary>
    public bool Ended => Terminated || Truncated;
}
