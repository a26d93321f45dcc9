using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>Parameters of <see cref="DeepSea"/>; the defaults are bsuite's rules at size 10.</summary>
public sealed record DeepSeaConfig
{
    /// <summary>Rows and columns N. Random play finds the treasure about once in 2^N episodes.</summary>
    [Range(2, 100), Unit("cells"), Group("Grid")]
    public int Size { get; init; } = 10;

    /// <summary>Which of the two actions goes right is drawn for every cell, so that no habit helps; otherwise action 1 does.</summary>
    [Group("Actions")]
    public bool RandomiseActions { get; init; } = true;

    /// <summary>Draws the meaning of actions. Every run of a comparison has the same sea.</summary>
    [Range(0, int.MaxValue), Group("Actions")]
    public int MappingSeed { get; init; } = 42;

    /// <summary>Going right fails with probability 1/N, and both lower corners pay standard normal noise.</summary>
    [Group("Actions")]
    public bool Stochastic { get; init; }

    /// <summary>Cost of going right all the way down.</summary>
    [Range(0.0, 1.0), Group("Reward")]
    public double MoveCost { get; init; } = 0.01;
}

/// <summary>
/// A diver sinks one row per step and can steer left or right; the treasure lies in the lower right corner, and every step towards it
/// costs a little. Exploration has to be deep: one wrong step and it is out of reach.
/// <para>Actions: 0 and 1; which of them steers right differs from cell to cell, and is the same in every episode.</para>
/// <para>Observation: the grid, rows from the top × columns × 1 channel; 1 in the diver's cell, all 0 once the bottom is reached.</para>
/// <para>Reward: −0.01 / N for steering right, 1 for doing so in the lower right corner; the best return is 0.99.</para>
/// <para>Start: upper left corner. Terminated: after N steps. No time limit.</para>
/// <para>Source: Osband, Van Roy, Russo and Wen 2019; rules of bsuite (Osband et al. 2020).</para>
/// </summary>
public sealed class DeepSea : IEnvironment, ITabular
{
    private static readonly Discrete Actions = new(2) { Names = ["Action 0", "Action 1"] };

    private readonly DeepSeaConfig config;
    private readonly bool[] rightIsOne;
    private Rng? rng;
    private int row, column;
    private bool running;

    /// <summary>Draws which action goes right in each cell.</summary>
    public DeepSea(DeepSeaConfig config)
    {
        this.config = config;
        var mapping = new Rng((ulong)config.MappingSeed).Split("mapping");
        rightIsOne = [.. Enumerable.Range(0, config.Size * config.Size).Select(_ => !config.RandomiseActions || mapping.NextInt(2) == 1)];
        Spec = new(new Box([config.Size, config.Size, 1], 0, 1), Actions)
        {
            Deterministic = !config.Stochastic,
            Table = StateTable.OneHot(config.Size, config.Size),
            EndsWithin = config.Size,
            ScoreRange = config.Stochastic ? null : (-config.MoveCost, 1 - config.MoveCost),
            Keyboard = new([new("ArrowLeft", [0], "Action 0"), new("ArrowRight", [1], "Action 1")], Idle: null),
            Maps = [StateMap.Cells(config.Size, config.Size, ObserveCell) with { Places = [("Treasure", config.Size - 1, config.Size - 1)] }],
        };

        bool ObserveCell(int row, int column, Span<float> observation)
        {
            observation.Clear();
            observation[row * config.Size + column] = 1;
            return column <= row;
        }
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <inheritdoc/>
    public int States => config.Size * config.Size;

    /// <inheritdoc/>
    public int State => Math.Min(row, config.Size - 1) * config.Size + column;

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts { get; } = [(0, 1.0)];

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        this.rng = rng;
        (row, column, running) = (0, 0, true);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var right = IsRight(State, Actions.IndexOf(action));
        var reward = Reward(State, right);
        if (config.Stochastic && row == config.Size - 1 && (column == 0 || column == config.Size - 1))
            reward += rng!.NextGaussian();
        var drifts = config.Stochastic && right && rng!.NextInt(config.Size) == 0;
        if (!drifts)
            column = Neighbour(column, right);
        row++;
        running = row < config.Size;
        Observe(observation);
        return new StepResult(reward, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes)
    {
        var right = IsRight(state, action);
        var (reward, last) = (Reward(state, right), state >= States - config.Size);
        var fails = config.Stochastic && right ? 1.0 / config.Size : 0.0;
        if (fails > 0)
            outcomes.Add(new Outcome(fails, Below(state % config.Size), reward, last));
        outcomes.Add(new Outcome(1 - fails, Below(Neighbour(state % config.Size, right)), reward, last));

        int Below(int column) => last ? state : (state / config.Size + 1) * config.Size + column;
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(row);
        writer.Write(column);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        this.rng = rng;
        (row, column, running) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean());
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var size = config.Size;
        var left = size - 0.75;
        var lost = new List<double>();
        for (var y = 0; y < size; y++)
            for (var x = y + 1; x < size; x++)
                lost.AddRange([x, size - 1 - y]);
        var shapes = new List<Shape>
        {
            new("polygon", [0, 0, size, 0, size, size, 0, size], "blue") { Opacity = 0.1 },
            new("cells", [.. lost], "wall") { Opacity = 0.35 },
            new("cells", [size - 1, 0], "goal") { Opacity = 0.3 },
            new("polygon", [left, 0.25, left + 0.5, 0.25, left + 0.5, 0.55, left + 0.35, 0.7, left + 0.15, 0.7, left, 0.55], "yellow"),
        };
        for (var line = 1; line < size; line++)
        {
            shapes.Add(new Shape("line", [line, 0, line, size], "ground", 0.02) { Opacity = 0.3 });
            shapes.Add(new Shape("line", [0, line, size, line], "ground", 0.02) { Opacity = 0.3 });
        }
        var (diverX, diverY) = (column + 0.5, size - 0.5 - Math.Min(row, size - 1));
        shapes.Add(new Shape("circle", [diverX, diverY, diverX + 0.33, diverY], "agent"));
        return new Scene(size, size, shapes)
        {
            Caption = !running || row >= size ? null : $"Here action {(IsRight(State, 1) ? 1 : 0)} steers right",
        };
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private bool IsRight(int state, int action) => rightIsOne[state] == (action == 1);

    private double Reward(int state, bool right) =>
        right ? (state % config.Size == config.Size - 1 ? 1.0 : 0.0) - config.MoveCost / config.Size : 0.0;

    private int Neighbour(int column, bool right) => Math.Clamp(column + (right ? 1 : -1), 0, config.Size - 1);

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        if (running)
            observation[row * config.Size + column] = 1;
    }
}
