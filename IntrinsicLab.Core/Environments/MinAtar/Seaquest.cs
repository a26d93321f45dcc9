using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.MinAtar;

/// <summary>Parameters of <see cref="Seaquest"/>; the defaults are those of the published game.</summary>
public sealed record SeaquestConfig
{
    /// <summary>Probability that a step repeats the action executed before it, whatever is wanted.</summary>
    [Range(0.0, 1.0), Group("Joystick")]
    public double StickyActions { get; init; } = 0.1;

    /// <summary>The actions that are offered; this game knows all six.</summary>
    [Group("Joystick")]
    public ActionSet Actions { get; init; } = ActionSet.Minimal;

    /// <summary>Enemies come and move faster each time the submarine surfaces.</summary>
    [Group("Game")]
    public bool DifficultyRamping { get; init; } = true;
}

/// <summary>
/// A submarine shoots fish and enemy submarines, picks up divers, and has to bring one of them to the surface before its oxygen runs out;
/// six divers at once are worth the oxygen that is left.
/// <para>Actions: 0 none, 1 left, 2 up, 3 right, 4 down, 5 fire (at most at every fifth step).</para>
/// <para>Observation: 10 rows from the top × 10 columns × 10 channels, 1 where there is something: front and back of the submarine, own
/// bullets, the cells behind fish, enemy submarines and divers, enemy bullets, fish, enemy submarines, the gauges of oxygen and of divers
/// (both in the last row), divers.</para>
/// <para>Reward: 1 for each fish or submarine shot; up to 10, the tenths of oxygen left, for surfacing with six divers.</para>
/// <para>Start: at the surface, full of oxygen. Terminated: something hostile reaches the submarine, its oxygen runs out, or it surfaces
/// without a diver. No time limit, as published: one that never dives stays at the surface for ever; set the wrapper's where that
/// matters.</para>
/// <para>Source: Young and Tian 2019, "MinAtar". As there, surfacing with six divers leaves a count of −1, and only a count of 0 is
/// fatal: the next surfacing is forgiven without a diver, and is the end with one.</para>
/// </summary>
public sealed class Seaquest(SeaquestConfig config) : IEnvironment
{
    private const int FrontChannel = 0, BackChannel = 1, OwnBulletChannel = 2, TrailChannel = 3, EnemyBulletChannel = 4, FishChannel = 5;
    private const int EnemyChannel = 6, OxygenChannel = 7, DiverGaugeChannel = 8, DiverChannel = 9;
    private const int Last = Cabinet.Side - 1, Deepest = 8;
    private const int FullOxygen = 200, Places = 6;
    private const int Reload = 5, EnemyReload = 10, DiverInterval = 30, DiverPace = 5;

    // In the order in which they appeared.
    private readonly List<Thing> ownBullets = new(16), enemyBullets = new(64), fish = new(64), enemies = new(64), divers = new(16);
    private int x, y, oxygen, aboard, shotTimer;
    private int spawnInterval, spawnTimer, diverTimer, moveInterval, rampIndex;
    private bool rightwards, surfaced;

    // Bullets have no countdowns; only enemy submarines shoot.
    private readonly record struct Thing(int X, int Y, bool Rightwards, int Move = 0, int Shot = 0)
    {
        public bool Inside => X is >= 0 and <= Last;

        public Thing Moved() => this with { X = X + (Rightwards ? 1 : -1) };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec => field ??= Cabinet.Spec(channels: 10);

    internal Cabinet Cabinet { get; } = new(config.StickyActions, config.Actions, Enum.GetValues<GameAction>());

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        Cabinet.Begin(rng);
        foreach (var things in (ReadOnlySpan<List<Thing>>)[ownBullets, enemyBullets, fish, enemies, divers])
            things.Clear();
        (x, y, oxygen, aboard, shotTimer) = (5, 0, FullOxygen, 0, 0);
        (spawnInterval, spawnTimer, diverTimer, moveInterval, rampIndex) = (20, 20, DiverInterval, 5, 0);
        (rightwards, surfaced) = (false, true);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var (reward, terminated) = (0, false);
        var wanted = Cabinet.Read(action);
        Spawn();
        Steer(wanted);
        MoveOwnBullets(ref reward);
        MoveDivers();
        MoveEnemies(enemies, shooting: true, ref reward, ref terminated);
        MoveEnemyBullets(ref terminated);
        MoveEnemies(fish, shooting: false, ref reward, ref terminated);

        spawnTimer = Math.Max(0, spawnTimer - 1);
        diverTimer = Math.Max(0, diverTimer - 1);
        shotTimer = Math.Max(0, shotTimer - 1);
        terminated |= oxygen <= 0;
        if (y > 0)
        {
            oxygen--;
            surfaced = false;
        }
        else if (!surfaced)
        {
            if (aboard == 0)
                terminated = true;
            else
                Surface(ref reward);
        }
        Observe(observation);
        return Cabinet.Result(reward, terminated);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        Cabinet.Save(writer);
        foreach (var things in (ReadOnlySpan<List<Thing>>)[ownBullets, enemyBullets, fish, enemies, divers])
        {
            writer.Write(things.Count);
            foreach (var thing in things)
            {
                writer.Write(thing.X);
                writer.Write(thing.Y);
                writer.Write(thing.Rightwards);
                writer.Write(thing.Move);
                writer.Write(thing.Shot);
            }
        }
        foreach (var value in (ReadOnlySpan<int>)
            [x, y, oxygen, aboard, shotTimer, spawnInterval, spawnTimer, diverTimer, moveInterval, rampIndex])
            writer.Write(value);
        writer.Write(rightwards);
        writer.Write(surfaced);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        Cabinet.Load(reader, rng);
        foreach (var things in (ReadOnlySpan<List<Thing>>)[ownBullets, enemyBullets, fish, enemies, divers])
        {
            things.Clear();
            for (var left = reader.ReadInt32(); left > 0; left--)
                things.Add(new Thing(reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean(), reader.ReadInt32(), reader.ReadInt32()));
        }
        (x, y, oxygen) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        (aboard, shotTimer) = (reader.ReadInt32(), reader.ReadInt32());
        (spawnInterval, spawnTimer, diverTimer) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        (moveInterval, rampIndex) = (reader.ReadInt32(), reader.ReadInt32());
        (rightwards, surfaced) = (reader.ReadBoolean(), reader.ReadBoolean());
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var observation = new float[Spec.Observation.Size];
        Observe(observation);
        return Cabinet.Picture(
            [
                .. Enumerable.Range(1, Deepest).Select(row => Cabinet.Row(row, "blue", 0.12)),
                Cabinet.Row(Last, "ground"),
                Cabinet.Cells(observation, TrailChannel, "trail", 0.4),
                Cabinet.Cells(observation, DiverChannel, "goal"),
                Cabinet.Cells(observation, FishChannel, "orange"),
                Cabinet.Cells(observation, EnemyChannel, "purple"),
                Cabinet.Cells(observation, EnemyBulletChannel, "hazard"),
                Cabinet.Cells(observation, OwnBulletChannel, "yellow"),
                Cabinet.Cells(observation, BackChannel, "agent", 0.55),
                Cabinet.Cells(observation, FrontChannel, "agent"),
                Cabinet.Cells(observation, OxygenChannel, "cyan"),
                Cabinet.Cells(observation, DiverGaugeChannel, "goal"),
            ],
            $"Oxygen {Math.Max(0, oxygen)} of {FullOxygen}, divers {aboard} of {Places}");
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private static int Find(List<Thing> things, int x, int y)
    {
        for (var index = 0; index < things.Count; index++)
            if (things[index].X == x && things[index].Y == y)
                return index;
        return -1;
    }

    private void Spawn()
    {
        if (spawnTimer == 0)
        {
            SpawnEnemy();
            spawnTimer = spawnInterval;
        }
        if (diverTimer == 0)
        {
            var right = Cabinet.Draws.Uniform() < 0.5;
            divers.Add(new Thing(right ? 0 : Last, 1 + Cabinet.Draws.Integer(Deepest), right, DiverPace));
            diverTimer = DiverInterval;
        }
    }

    private void SpawnEnemy()
    {
        var right = Cabinet.Draws.Uniform() < 0.5;
        var submarine = Cabinet.Draws.Uniform() < 1.0 / 3.0;
        var row = 1 + Cabinet.Draws.Integer(Deepest);
        foreach (var things in (ReadOnlySpan<List<Thing>>)[enemies, fish])
            foreach (var thing in things)
                if (thing.Y == row && thing.Rightwards != right)
                    return;
        (submarine ? enemies : fish).Add(new Thing(right ? 0 : Last, row, right, moveInterval, submarine ? EnemyReload : 0));
    }

    private void Steer(GameAction wanted)
    {
        switch (wanted)
        {
            case GameAction.Fire when shotTimer == 0:
                ownBullets.Add(new Thing(x, y, rightwards));
                shotTimer = Reload;
                break;
            case GameAction.Left:
                (x, rightwards) = (Math.Max(0, x - 1), false);
                break;
            case GameAction.Right:
                (x, rightwards) = (Math.Min(Last, x + 1), true);
                break;
            case GameAction.Up:
                y = Math.Max(0, y - 1);
                break;
            case GameAction.Down:
                y = Math.Min(Deepest, y + 1);
                break;
        }
    }

    private void MoveOwnBullets(ref int reward)
    {
        for (var index = ownBullets.Count - 1; index >= 0; index--)
        {
            var bullet = ownBullets[index] = ownBullets[index].Moved();
            var target = Find(fish, bullet.X, bullet.Y) >= 0 ? fish : enemies;
            if (!bullet.Inside)
                ownBullets.RemoveAt(index);
            else if (Find(target, bullet.X, bullet.Y) is var hit and >= 0)
            {
                target.RemoveAt(hit);
                ownBullets.RemoveAt(index);
                reward++;
            }
        }
    }

    private void MoveDivers()
    {
        for (var index = divers.Count - 1; index >= 0; index--)
        {
            var diver = divers[index];
            if (!Picked(diver))
            {
                if (diver.Move > 0)
                {
                    divers[index] = diver with { Move = diver.Move - 1 };
                    continue;
                }
                divers[index] = diver = diver.Moved() with { Move = DiverPace };
                if (diver.Inside && !Picked(diver))
                    continue;
            }
            divers.RemoveAt(index);
        }

        bool Picked(Thing diver)
        {
            if (!Here(diver) || aboard >= Places)
                return false;
            aboard++;
            return true;
        }
    }

    private void MoveEnemies(List<Thing> things, bool shooting, ref int reward, ref bool terminated)
    {
        for (var index = things.Count - 1; index >= 0; index--)
        {
            var thing = things[index];
            var gone = false;
            terminated |= Here(thing);
            if (thing.Move > 0)
                thing = thing with { Move = thing.Move - 1 };
            else
            {
                thing = thing.Moved() with { Move = moveInterval };
                gone = !thing.Inside;
                if (Here(thing))
                    terminated = true;
                else if (!gone && Find(ownBullets, thing.X, thing.Y) is var bullet and >= 0)
                {
                    ownBullets.RemoveAt(bullet);
                    gone = true;
                    reward++;
                }
            }
            // One that has just gone still fires where it is.
            if (shooting && thing.Shot == 0)
                enemyBullets.Add(new Thing(thing.X, thing.Y, thing.Rightwards));
            if (shooting)
                thing = thing with { Shot = thing.Shot == 0 ? EnemyReload : thing.Shot - 1 };
            if (gone)
                things.RemoveAt(index);
            else
                things[index] = thing;
        }
    }

    private void MoveEnemyBullets(ref bool terminated)
    {
        for (var index = enemyBullets.Count - 1; index >= 0; index--)
        {
            terminated |= Here(enemyBullets[index]);
            var bullet = enemyBullets[index] = enemyBullets[index].Moved();
            if (!bullet.Inside)
                enemyBullets.RemoveAt(index);
            else
                terminated |= Here(bullet);
        }
    }

    private void Surface(ref int reward)
    {
        surfaced = true;
        if (aboard == Places)
        {
            reward += oxygen * 10 / FullOxygen;
            aboard = 0;
        }
        oxygen = FullOxygen;
        aboard--;
        if (!config.DifficultyRamping || (spawnInterval == 1 && moveInterval == 2))
            return;
        if (moveInterval > 2 && rampIndex % 2 == 1)
            moveInterval--;
        if (spawnInterval > 1)
            spawnInterval--;
        rampIndex++;
    }

    private bool Here(Thing thing) => thing.X == x && thing.Y == y;

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        Cabinet.Light(observation, x, y, FrontChannel);
        Cabinet.Light(observation, x + (rightwards ? -1 : 1), y, BackChannel);
        for (var column = 0; column < Math.Max(0, oxygen) * 10 / FullOxygen; column++)
            Cabinet.Light(observation, column, Last, OxygenChannel);
        for (var column = Math.Max(0, Last - aboard); column < Last; column++)
            Cabinet.Light(observation, column, Last, DiverGaugeChannel);
        Show(ownBullets, OwnBulletChannel, observation, trail: false);
        Show(enemyBullets, EnemyBulletChannel, observation, trail: false);
        Show(fish, FishChannel, observation, trail: true);
        Show(enemies, EnemyChannel, observation, trail: true);
        Show(divers, DiverChannel, observation, trail: true);
    }

    private static void Show(List<Thing> things, int channel, Span<float> observation, bool trail)
    {
        foreach (var thing in things)
        {
            Cabinet.Light(observation, thing.X, thing.Y, channel);
            if (trail)
                Cabinet.Light(observation, thing.X + (thing.Rightwards ? -1 : 1), thing.Y, TrailChannel);
        }
    }
}
