using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.MinAtar;

/// <summary>Parameters of <see cref="Asterix"/>; the defaults are those of the published game.</summary>
public sealed record AsterixConfig
{
    /// <summary>Probability that a step repeats the action executed before it, whatever is wanted.</summary>
    [Range(0.0, 1.0), Group("Joystick")]
    public double StickyActions { get; init; } = 0.1;

    /// <summary>The actions that are offered.</summary>
    [Group("Joystick")]
    public ActionSet Actions { get; init; } = ActionSet.Minimal;

    /// <summary>Things appear and move faster as time goes on.</summary>
    [Group("Game")]
    public bool DifficultyRamping { get; init; } = true;
}

/// <summary>
/// Enemies and gold cross the field, one thing per row. The player takes the gold and keeps out of the enemies' way, while everything grows
/// faster.
/// <para>Actions: 0 none, 1 left, 2 up, 3 right, 4 down; with all six also 5 fire, which does nothing.</para>
/// <para>Observation: 10 rows from the top × 10 columns × 4 channels, 1 where there is something: player, enemies, the cell behind each
/// thing, gold.</para>
/// <para>Reward: 1 for each gold.</para>
/// <para>Start: player at column 5, row 5 of an empty field. Terminated: player and enemy meet. No time limit, as published.</para>
/// <para>Source: Young and Tian 2019, "MinAtar".</para>
/// </summary>
public sealed class Asterix(AsterixConfig config) : IEnvironment
{
    private const int PlayerChannel = 0, EnemyChannel = 1, TrailChannel = 2, GoldChannel = 3;
    private const int Rows = 8, Last = Cabinet.Side - 1;
    private const int RampInterval = 100;

    // Slot i belongs to row i + 1.
    private readonly Thing?[] things = new Thing?[Rows];
    private int playerX, playerY;
    private int spawnInterval, spawnTimer, moveInterval, moveTimer, rampTimer, rampIndex;

    private readonly record struct Thing(int X, bool Rightwards, bool Gold);

    /// <inheritdoc/>
    public EnvironmentSpec Spec => field ??= Cabinet.Spec(channels: 4);

    internal Cabinet Cabinet { get; } = new(
        config.StickyActions, config.Actions, GameAction.None, GameAction.Left, GameAction.Up, GameAction.Right, GameAction.Down);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        Cabinet.Begin(rng);
        Array.Clear(things);
        (playerX, playerY) = (5, 5);
        (spawnInterval, moveInterval) = (10, 5);
        (spawnTimer, moveTimer) = (spawnInterval, moveInterval);
        (rampTimer, rampIndex) = (RampInterval, 0);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var (reward, terminated) = (0, false);
        var wanted = Cabinet.Read(action);
        if (spawnTimer == 0)
        {
            Spawn();
            spawnTimer = spawnInterval;
        }

        playerX = Math.Clamp(playerX + (wanted == GameAction.Right ? 1 : wanted == GameAction.Left ? -1 : 0), 0, Last);
        playerY = Math.Clamp(playerY + (wanted == GameAction.Down ? 1 : wanted == GameAction.Up ? -1 : 0), 1, Rows);
        Meet(ref reward, ref terminated);

        if (moveTimer == 0)
        {
            moveTimer = moveInterval;
            for (var row = 0; row < Rows; row++)
                if (things[row] is { } thing)
                {
                    var x = thing.X + (thing.Rightwards ? 1 : -1);
                    things[row] = x is >= 0 and <= Last ? thing with { X = x } : null;
                }
            Meet(ref reward, ref terminated);
        }
        spawnTimer--;
        moveTimer--;
        if (config.DifficultyRamping && (spawnInterval > 1 || moveInterval > 1))
            Ramp();
        Observe(observation);
        return Cabinet.Result(reward, terminated);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        Cabinet.Save(writer);
        foreach (var thing in things)
        {
            writer.Write(thing is not null);
            writer.Write(thing?.X ?? 0);
            writer.Write(thing?.Rightwards ?? false);
            writer.Write(thing?.Gold ?? false);
        }
        foreach (var value in (ReadOnlySpan<int>)
            [playerX, playerY, spawnInterval, spawnTimer, moveInterval, moveTimer, rampTimer, rampIndex])
            writer.Write(value);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        Cabinet.Load(reader, rng);
        for (var row = 0; row < Rows; row++)
        {
            var present = reader.ReadBoolean();
            var thing = new Thing(reader.ReadInt32(), reader.ReadBoolean(), reader.ReadBoolean());
            things[row] = present ? thing : null;
        }
        (playerX, playerY) = (reader.ReadInt32(), reader.ReadInt32());
        (spawnInterval, spawnTimer) = (reader.ReadInt32(), reader.ReadInt32());
        (moveInterval, moveTimer) = (reader.ReadInt32(), reader.ReadInt32());
        (rampTimer, rampIndex) = (reader.ReadInt32(), reader.ReadInt32());
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var observation = new float[Spec.Observation.Size];
        Observe(observation);
        return Cabinet.Picture(
            [
                Cabinet.Cells(observation, TrailChannel, "trail", 0.4),
                Cabinet.Cells(observation, GoldChannel, "yellow"),
                Cabinet.Cells(observation, EnemyChannel, "hazard"),
                Cabinet.Cells(observation, PlayerChannel, "agent"),
            ],
            $"Things move every {(moveInterval == 1 ? "step" : $"{moveInterval} steps")}; "
                + $"a new one comes every {(spawnInterval == 1 ? "step" : $"{spawnInterval} steps")}");
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Spawn()
    {
        var rightwards = Cabinet.Draws.Uniform() < 0.5;
        var gold = Cabinet.Draws.Uniform() < 1.0 / 3.0;
        var free = 0;
        foreach (var thing in things)
            free += thing is null ? 1 : 0;
        if (free == 0)
            return;
        var choice = Cabinet.Draws.Integer(free);
        for (var row = 0; row < Rows; row++)
            if (things[row] is null && choice-- == 0)
            {
                things[row] = new Thing(rightwards ? 0 : Last, rightwards, gold);
                return;
            }
    }

    private void Meet(ref int reward, ref bool terminated)
    {
        if (things[playerY - 1] is not { } thing || thing.X != playerX)
            return;
        if (thing.Gold)
        {
            things[playerY - 1] = null;
            reward++;
        }
        else
            terminated = true;
    }

    private void Ramp()
    {
        if (rampTimer >= 0)
        {
            rampTimer--;
            return;
        }
        if (moveInterval > 1 && rampIndex % 2 == 1)
            moveInterval--;
        if (spawnInterval > 1)
            spawnInterval--;
        rampIndex++;
        rampTimer = RampInterval;
    }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        Cabinet.Light(observation, playerX, playerY, PlayerChannel);
        for (var row = 0; row < Rows; row++)
            if (things[row] is { } thing)
            {
                Cabinet.Light(observation, thing.X, row + 1, thing.Gold ? GoldChannel : EnemyChannel);
                Cabinet.Light(observation, thing.X + (thing.Rightwards ? -1 : 1), row + 1, TrailChannel);
            }
    }
}
