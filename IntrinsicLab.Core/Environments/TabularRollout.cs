namespace IntrinsicLab.Core.Environments;

/// <summary>
/// What happened to R lifetimes of E copies over T steps: state index s, action a, state s' that followed, reward r and end d of each step.
/// Arrays are time-major, [T × R × E]: element (t · R + row) · E + e.
/// </summary>
/// <remarks>
/// A learner that treats one lifetime at a time uses R = 1; one that treats all together gives lifetime l the row l. In each step it writes
/// <see cref="ActionsOf"/> for the states the batch shows, then calls <see cref="Step"/>. Where d is not <see cref="StepEnd.None"/>, s' is
/// the last state of that episode (worth a bootstrap only if truncated) and s of the next step the first of the next one.
/// </remarks>
/// <param name="steps">Steps, T.</param>
/// <param name="rows">Lifetimes, R.</param>
/// <param name="environments">Copies of each, E.</param>
public sealed class TabularRollout(int steps, int rows, int environments)
{
    /// <summary>Steps, T.</summary>
    public int Steps => steps;

    /// <summary>Lifetimes, R.</summary>
    public int Rows => rows;

    /// <summary>Copies of each lifetime, E.</summary>
    public int Environments => environments;

    /// <summary>State indices s that were acted in, [T × R × E].</summary>
    public int[] States { get; } = new int[steps * rows * environments];

    /// <summary>Actions a, [T × R × E].</summary>
    public byte[] Actions { get; } = new byte[steps * rows * environments];

    /// <summary>State indices s' that followed, [T × R × E].</summary>
    public int[] NextStates { get; } = new int[steps * rows * environments];

    /// <summary>Rewards r, [T × R × E].</summary>
    public float[] Rewards { get; } = new float[steps * rows * environments];

    /// <summary>Whether and how the step ended an episode, d, [T × R × E].</summary>
    public StepEnd[] Ends { get; } = new StepEnd[steps * rows * environments];

    /// <summary>Where the actions of one lifetime in one step are written, [E].</summary>
    public Span<byte> ActionsOf(int step, int row) => Actions.AsSpan((step * rows + row) * environments, environments);

    /// <summary>
    /// Takes one step of a lifetime with the actions written before, and records it. Safe for different rows at the same time.
    /// </summary>
    /// <param name="batch">The environments.</param>
    /// <param name="lifetime">Which of the batch's lifetimes.</param>
    /// <param name="step">Index of the step, 0 … T − 1.</param>
    /// <param name="row">The lifetime's row.</param>
    public void Step(TabularBatch batch, int lifetime, int step, int row)
    {
        var first = (step * rows + row) * environments;
        batch.States(lifetime).CopyTo(States.AsSpan(first, environments));
        batch.Step(lifetime, Actions.AsSpan(first, environments), NextStates.AsSpan(first, environments),
            Rewards.AsSpan(first, environments), Ends.AsSpan(first, environments));
    }
}
