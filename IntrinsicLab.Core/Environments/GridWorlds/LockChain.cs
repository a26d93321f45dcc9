using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>Parameters of <see cref="LockChain"/>.</summary>
public sealed record LockChainConfig
{
    /// <summary>Doors in a row, N. Random play passes them all once in 2^N episodes.</summary>
    [Range(1, 1000), Unit("states"), Group("Chain")]
    public int Length { get; init; } = 12;

    /// <summary>Draws which of the two actions opens each door. Every run of a comparison has the same chain.</summary>
    [Range(0, int.MaxValue), Group("Chain")]
    public int LockSeed { get; init; } = 1;
}

/// <summary>
/// Doors in a row; at each, one of two actions opens it and the other ends the episode. Only behind the last door there is a reward, so
/// counts that act on values find it and counts that act on the choice of an action do not.
/// <para>Actions: 0 and 1; which of them opens differs from door to door, and is the same in every episode.</para>
/// <para>Observation: one value per door, 1 for the one the agent stands at; all 0 behind the last.</para>
/// <para>Reward: 1 for opening the last door, else 0.</para>
/// <para>Start: at the first door. Terminated: by the wrong action, or behind the last door. No time limit.</para>
/// <para>Source: own task, in the manner of the combination lock (Kakade 2003).</para>
/// </summary>
public sealed class LockChain : IEnvironment, ITabular
{
    private static readonly Discrete Actions = new(2) { Names = ["Action 0", "Action 1"] };

    private readonly int[] key;
    private int door;
    private bool running;

    /// <summary>Draws the keys.</summary>
    public LockChain(LockChainConfig config)
    {
        var rng = new Rng((ulong)config.LockSeed).Split("locks");
        key = [.. Enumerable.Range(0, config.Length).Select(_ => rng.NextInt(2))];
        Spec = new(new Box([config.Length], 0, 1), Actions)
        {
            EndsWithin = config.Length,
            ScoreRange = (0, 1),
            Deterministic = true,
            Table = StateTable.OneHot(config.Length),
            Keyboard = new([new("ArrowLeft", [0], "Action 0"), new("ArrowRight", [1], "Action 1")], Idle: null),
        };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <inheritdoc/>
    public int States => key.Length;

    /// <inheritdoc/>
    public int State => Math.Min(door, key.Length - 1);

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts { get; } = [(0, 1.0)];

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        (door, running) = (0, true);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var opens = Actions.IndexOf(action) == key[door];
        if (opens)
            door++;
        running = opens && door < key.Length;
        Observe(observation);
        return new StepResult(door == key.Length ? 1.0 : 0.0, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes)
    {
        var (opens, last) = (action == key[state], state == key.Length - 1);
        outcomes.Add(opens && !last ? new Outcome(1, state + 1, Reward: 0, Terminated: false)
            : new Outcome(1, state, Reward: opens ? 1 : 0, Terminated: true));
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(door);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng) => (door, running) = (reader.ReadInt32(), reader.ReadBoolean());

    /// <inheritdoc/>
    public Scene Render()
    {
        const int perRow = 13;
        var rows = (key.Length + perRow) / perRow;
        var (width, height) = (Math.Min(key.Length + 1, perRow) * 1.0, rows * 1.3);
        var shapes = new List<Shape>();
        for (var place = 0; place <= key.Length; place++)
        {
            var (x, y) = Corner(place);
            if (place == key.Length)
                shapes.Add(new Shape("cells", [x, y], "goal") { Opacity = 0.4 });
            else
                shapes.Add(new Shape("line", [x + 1, y, x + 1, y + (place < door ? 0.12 : 1)], place < door ? "trail" : "wall", 0.1));
            shapes.Add(new Shape("line", [x, y, x + 1, y], "ground", 0.05));
        }
        var (agentX, agentY) = Corner(door);
        shapes.Add(new Shape("circle", [agentX + 0.5, agentY + 0.4, agentX + 0.82, agentY + 0.4], "agent"));
        return new Scene(width, height, shapes) { Caption = $"{door} of {key.Length} doors passed" };

        (double X, double Y) Corner(int place) => (place % perRow, (rows - 1 - place / perRow) * 1.3 + 0.1);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        if (door < key.Length)
            observation[door] = 1;
    }
}
