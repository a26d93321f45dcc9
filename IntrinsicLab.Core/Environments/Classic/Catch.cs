using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="Catch"/>.</summary>
public sealed record CatchConfig
{
    /// <summary>Rows of the grid; an episode takes one step less.</summary>
    [Range(2, 64), Unit("cells"), Group("Grid")]
    public int Rows { get; init; } = 10;

    /// <summary>Columns of the grid. More than twice the rows leave some balls out of reach.</summary>
    [Range(1, 64), Unit("cells"), Group("Grid")]
    public int Columns { get; init; } = 10;
}

/// <summary>
/// A ball falls one row per step; the paddle in the bottom row has to be under it when it lands. Credit comes once, at the end.
/// <para>Actions: 0 left, 1 stay, 2 right, one column each, not beyond the edges.</para>
/// <para>Observation: the grid, rows from the top × columns × 1 channel; 1 in the cells of ball and paddle, else 0.</para>
/// <para>Reward: 1 for a catch, −1 for a miss, 0 before.</para>
/// <para>Start: ball in a random column of the top row, paddle in column Columns / 2. Terminated: the ball reaches the bottom row, after
/// Rows − 1 steps. No time limit.</para>
/// <para>Source: Mnih, Heess, Graves and Kavukcuoglu 2014; rules as in bsuite, on a grid of 10 × 10.</para>
/// </summary>
public sealed class Catch(CatchConfig config) : IEnvironment
{
    private static readonly Discrete Actions = new(3) { Names = ["Left", "Stay", "Right"] };

    private int ballRow, ballColumn, paddle;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(new Box([config.Rows, config.Columns, 1], 0, 1), Actions)
    {
        ScoreRange = (-1, 1),
        EndsWithin = config.Rows - 1,
        Keyboard = new([new("ArrowLeft", [0], "Left"), new("ArrowDown", [1], "Stay"), new("ArrowRight", [2], "Right")], Idle: null),
        Maps =
        [
            new(MapAxis.Of("column of the paddle", config.Columns), MapAxis.Of("column of the ball", config.Columns), (paddle, ball, stepsAgo, observation) =>
            {
                var row = config.Rows / 2 - stepsAgo;
                if (row >= 0)
                    Observe(config, row, (int)ball, (int)paddle, observation);
                return row >= 0;
            }) { Name = "with the ball halfway down" },
        ],
    };

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        ballRow = 0;
        ballColumn = rng.NextInt(config.Columns);
        paddle = config.Columns / 2;
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        paddle = Math.Clamp(paddle + Actions.IndexOf(action) - 1, 0, config.Columns - 1);
        ballRow++;
        running = ballRow < config.Rows - 1;
        Observe(observation);
        var reward = running ? 0.0 : ballColumn == paddle ? 1.0 : -1.0;
        return new StepResult(reward, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(ballRow);
        writer.Write(ballColumn);
        writer.Write(paddle);
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        ballRow = reader.ReadInt32();
        ballColumn = reader.ReadInt32();
        paddle = reader.ReadInt32();
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var (width, height) = ((double)config.Columns, (double)config.Rows);
        var (x, y) = (ballColumn + 0.5, height - ballRow - 0.5);
        return new Scene(width, height,
        [
            new Shape("line", [0, 0, width, 0, width, height, 0, height, 0, 0], "ground", 0.05),
            new Shape("polygon", [paddle, 0.2, paddle + 1, 0.2, paddle + 1, 0.6, paddle, 0.6], "agent"),
            new Shape("circle", [x, y, x + 0.4, y], "object"),
        ]);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation) => Observe(config, ballRow, ballColumn, paddle, observation);

    private static void Observe(CatchConfig config, int ballRow, int ballColumn, int paddle, Span<float> observation)
    {
        observation.Clear();
        observation[ballRow * config.Columns + ballColumn] = 1;
        observation[(config.Rows - 1) * config.Columns + paddle] = 1;
    }
}
