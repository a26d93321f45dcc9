using System.ComponentModel.DataAnnotations;
using System.Numerics;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.MinAtar;

/// <summary>Parameters of <see cref="Breakout"/>; the defaults are those of the published game.</summary>
public sealed record BreakoutConfig
{
    /// <summary>Probability that a step repeats the action executed before it, whatever is wanted.</summary>
    [Range(0.0, 1.0), Group("Joystick")]
    public double StickyActions { get; init; } = 0.1;

    /// <summary>The actions that are offered.</summary>
    [Group("Joystick")]
    public ActionSet Actions { get; init; } = ActionSet.Minimal;
}

/// <summary>
/// A paddle bounces a ball into three rows of bricks. When all are gone, the wall is built anew once the ball has come down.
/// <para>Actions: 0 none, 1 left, 2 right; with all six: 0 none, 1 left, 2 up, 3 right, 4 down, 5 fire, of which up, down and fire do
/// nothing.</para>
/// <para>Observation: 10 rows from the top × 10 columns × 4 channels, 1 where there is something: paddle, ball, the cell the ball was in
/// before, bricks.</para>
/// <para>Reward: 1 for each brick.</para>
/// <para>Start: paddle in column 4, ball in the left or the right column, heading down and inwards. Terminated: the ball passes the
/// paddle. No time limit, as published: a perfect player's episode never ends; set the wrapper's where that matters.</para>
/// <para>Source: Young and Tian 2019, "MinAtar".</para>
/// </summary>
public sealed class Breakout(BreakoutConfig config) : IEnvironment
{
    private const int PaddleChannel = 0, BallChannel = 1, TrailChannel = 2, BrickChannel = 3;
    private const int Last = Cabinet.Side - 1;

    // Rows 1 to 3; bit 10·(y − 1) + x stands for the brick at (x, y).
    private const uint Wall = (1u << 30) - 1;

    // Headings are numbered around the circle: 0 up-left, 1 up-right, 2 down-right, 3 down-left.
    private int ballX, ballY, heading, lastX, lastY, paddle;
    private uint bricks;
    private bool struck;

    /// <inheritdoc/>
    public EnvironmentSpec Spec => field ??= Cabinet.Spec(channels: 4);

    internal Cabinet Cabinet { get; } = new(config.StickyActions, config.Actions, GameAction.None, GameAction.Left, GameAction.Right);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        Cabinet.Begin(rng);
        var fromRight = Cabinet.Draws.Integer(2) == 1;
        (ballX, ballY, heading) = fromRight ? (Last, 3, 3) : (0, 3, 2);
        (lastX, lastY, paddle) = (ballX, ballY, 4);
        bricks = Wall;
        struck = false;
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var (reward, terminated) = (0, false);
        paddle = Cabinet.Read(action) switch
        {
            GameAction.Left => Math.Max(0, paddle - 1),
            GameAction.Right => Math.Min(Last, paddle + 1),
            _ => paddle,
        };

        (lastX, lastY) = (ballX, ballY);
        var x = ballX + (heading is 1 or 2 ? 1 : -1);
        var y = ballY + (heading is 2 or 3 ? 1 : -1);
        if (x is < 0 or > Last)
        {
            x = Math.Clamp(x, 0, Last);
            heading ^= 1;
        }
        var brick = y is >= 1 and <= 3 ? bricks & 1u << 10 * (y - 1) + x : 0;
        if (y < 0)
        {
            y = 0;
            heading = 3 - heading;
        }
        else if (brick != 0)
        {
            // One brick per strike: until it has left the wall, the ball flies through the other bricks.
            if (!struck)
            {
                reward = 1;
                bricks -= brick;
                y = lastY;
                heading = 3 - heading;
            }
        }
        else if (y == Last)
        {
            if (bricks == 0)
                bricks = Wall;
            if (ballX == paddle)
                (heading, y) = (3 - heading, lastY);
            else if (x == paddle)
                (heading, y) = (heading ^ 2, lastY);
            else
                terminated = true;
        }
        struck = brick != 0;
        (ballX, ballY) = (x, y);
        Observe(observation);
        return Cabinet.Result(reward, terminated);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        Cabinet.Save(writer);
        foreach (var value in (ReadOnlySpan<int>)[ballX, ballY, heading, lastX, lastY, paddle])
            writer.Write(value);
        writer.Write(bricks);
        writer.Write(struck);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        Cabinet.Load(reader, rng);
        (ballX, ballY, heading) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        (lastX, lastY, paddle) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        bricks = reader.ReadUInt32();
        struck = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var observation = new float[Spec.Observation.Size];
        Observe(observation);
        return Cabinet.Picture(
            [
                Cabinet.Cells(observation, BrickChannel, "red", row: 1),
                Cabinet.Cells(observation, BrickChannel, "orange", row: 2),
                Cabinet.Cells(observation, BrickChannel, "yellow", row: 3),
                Cabinet.Cells(observation, TrailChannel, "trail", 0.5),
                new Shape("circle", [ballX + 0.5, Last - ballY + 0.5, ballX + 0.95, Last - ballY + 0.5], "object"),
                Cabinet.Cells(observation, PaddleChannel, "agent"),
            ],
            $"{BitOperations.PopCount(bricks)} bricks left");
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        Cabinet.Light(observation, ballX, ballY, BallChannel);
        Cabinet.Light(observation, paddle, Last, PaddleChannel);
        Cabinet.Light(observation, lastX, lastY, TrailChannel);
        Cabinet.Light(observation, (UInt128)bricks << Cabinet.Side, BrickChannel);
    }
}
