using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.MinAtar;

/// <summary>Parameters of <see cref="SpaceInvaders"/>; the defaults are those of the published game.</summary>
public sealed record SpaceInvadersConfig
{
    /// <summary>Probability that a step repeats the action executed before it, whatever is wanted.</summary>
    [Range(0.0, 1.0), Group("Joystick")]
    public double StickyActions { get; init; } = 0.1;

    /// <summary>The actions that are offered.</summary>
    [Group("Joystick")]
    public ActionSet Actions { get; init; } = ActionSet.Minimal;

    /// <summary>Each wave of aliens moves faster than the one before.</summary>
    [Group("Game")]
    public bool DifficultyRamping { get; init; } = true;
}

/// <summary>
/// A cannon shoots at a block of aliens that walks down the field and shoots back; the fewer there are, the faster they walk. After the
/// last alien comes the next wave.
/// <para>Actions: 0 none, 1 left, 2 right, 3 fire; with all six: 0 none, 1 left, 2 up, 3 right, 4 down, 5 fire, of which up and down do
/// nothing. The cannon fires at most at every fifth step.</para>
/// <para>Observation: 10 rows from the top × 10 columns × 6 channels, 1 where there is something: cannon, aliens, aliens while they walk
/// left, aliens while they walk right, own bullets, enemy bullets.</para>
/// <para>Reward: 1 for each alien.</para>
/// <para>Start: cannon in column 5; 24 aliens, walking left. Terminated: a bullet or an alien reaches the cannon, or the aliens have to
/// drop below the last row. No time limit, as published. The game itself draws no random numbers, only the sticky joystick does.</para>
/// <para>Source: Young and Tian 2019, "MinAtar".</para>
/// </summary>
public sealed class SpaceInvaders(SpaceInvadersConfig config) : IEnvironment
{
    private const int CannonChannel = 0, AlienChannel = 1, LeftChannel = 2, RightChannel = 3, OwnBulletChannel = 4, EnemyBulletChannel = 5;
    private const int Last = Cabinet.Side - 1;
    private const int Reload = 5, AlienReload = 10, SlowestMarch = 12, FastestWave = 6;

    // Sets of cells: bit 10·y + x stands for (x, y), so that shifts by 1 and by 10 move a whole set.
    private static readonly UInt128 All = (UInt128.One << 100) - 1;
    private static readonly UInt128 TopRow = 0x3FF, BottomRow = TopRow << 90;
    private static readonly UInt128 LeftColumn = All / TopRow;
    private static readonly UInt128 Wave = 0b0011111100 * (LeftColumn & (UInt128.One << 40) - 1);

    private UInt128 aliens, ownBullets, enemyBullets;
    private int cannon, direction;
    private int moveInterval, moveTimer, alienShotTimer, shotTimer, rampIndex;

    /// <inheritdoc/>
    public EnvironmentSpec Spec => field ??= Cabinet.Spec(channels: 6) with { Deterministic = config.StickyActions == 0 };

    private int MarchInterval => Math.Min((int)UInt128.PopCount(aliens), moveInterval);

    internal Cabinet Cabinet { get; } = new(
        config.StickyActions, config.Actions, GameAction.None, GameAction.Left, GameAction.Right, GameAction.Fire);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        Cabinet.Begin(rng);
        (aliens, ownBullets, enemyBullets) = (Wave, 0, 0);
        (cannon, direction) = (5, -1);
        (moveInterval, moveTimer) = (SlowestMarch, SlowestMarch);
        (alienShotTimer, shotTimer, rampIndex) = (AlienReload, 0, 0);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var terminated = false;
        switch (Cabinet.Read(action))
        {
            case GameAction.Fire when shotTimer == 0:
                ownBullets |= Cell(cannon, Last);
                shotTimer = Reload;
                break;
            case GameAction.Left:
                cannon = Math.Max(0, cannon - 1);
                break;
            case GameAction.Right:
                cannon = Math.Min(Last, cannon + 1);
                break;
        }

        var place = Cell(cannon, Last);
        ownBullets >>= Cabinet.Side;
        enemyBullets = enemyBullets << Cabinet.Side & All;
        terminated |= ((enemyBullets | aliens) & place) != 0;
        if (moveTimer == 0)
        {
            March(ref terminated);
            terminated |= (aliens & place) != 0;
        }
        if (alienShotTimer == 0)
        {
            alienShotTimer = AlienReload;
            enemyBullets |= LowestAlienOfNearestColumn();
        }

        var hits = aliens & ownBullets;
        aliens ^= hits;
        ownBullets ^= hits;
        shotTimer = Math.Max(0, shotTimer - 1);
        moveTimer--;
        alienShotTimer--;
        if (aliens == 0)
        {
            if (moveInterval > FastestWave && config.DifficultyRamping)
            {
                moveInterval--;
                rampIndex++;
            }
            aliens = Wave;
        }
        Observe(observation);
        return Cabinet.Result((int)UInt128.PopCount(hits), terminated);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        Cabinet.Save(writer);
        foreach (var cells in (ReadOnlySpan<UInt128>)[aliens, ownBullets, enemyBullets])
        {
            writer.Write((ulong)(cells & ulong.MaxValue));
            writer.Write((ulong)(cells >> 64));
        }
        foreach (var value in (ReadOnlySpan<int>)[cannon, direction, moveInterval, moveTimer, alienShotTimer, shotTimer, rampIndex])
            writer.Write(value);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        Cabinet.Load(reader, rng);
        (aliens, ownBullets, enemyBullets) = (ReadCells(reader), ReadCells(reader), ReadCells(reader));
        (cannon, direction) = (reader.ReadInt32(), reader.ReadInt32());
        (moveInterval, moveTimer) = (reader.ReadInt32(), reader.ReadInt32());
        (alienShotTimer, shotTimer, rampIndex) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var observation = new float[Spec.Observation.Size];
        Observe(observation);
        return Cabinet.Picture(
            [
                Cabinet.Cells(observation, LeftChannel, "green"),
                Cabinet.Cells(observation, RightChannel, "purple"),
                Cabinet.Cells(observation, OwnBulletChannel, "cyan"),
                Cabinet.Cells(observation, EnemyBulletChannel, "hazard"),
                Cabinet.Cells(observation, CannonChannel, "agent"),
            ],
            $"{UInt128.PopCount(aliens)} aliens walk {(direction < 0 ? "left" : "right")}, every {MarchInterval} steps");
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private static UInt128 Cell(int x, int y) => UInt128.One << Cabinet.Side * y + x;

    private static UInt128 ReadCells(BinaryReader reader)
    {
        var low = reader.ReadUInt64();
        return new UInt128(reader.ReadUInt64(), low);
    }

    private void March(ref bool terminated)
    {
        moveTimer = MarchInterval;
        var edge = direction < 0 ? LeftColumn : LeftColumn << Last;
        if ((aliens & edge) != 0)
        {
            direction = -direction;
            terminated |= (aliens & BottomRow) != 0;
            aliens = (aliens << Cabinet.Side | aliens >> Cabinet.Side * Last) & All;
        }
        else
            aliens = direction < 0 ? aliens >> 1 : aliens << 1;
    }

    private UInt128 LowestAlienOfNearestColumn()
    {
        for (var distance = 0; distance < Cabinet.Side; distance++)
            foreach (var x in (ReadOnlySpan<int>)[cannon - distance, cannon + distance])
                if (x is >= 0 and <= Last && (aliens & LeftColumn << x) is var column && column != 0)
                    return UInt128.One << (int)UInt128.Log2(column);
        return 0;
    }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        Cabinet.Light(observation, cannon, Last, CannonChannel);
        Cabinet.Light(observation, aliens, AlienChannel);
        Cabinet.Light(observation, aliens, direction < 0 ? LeftChannel : RightChannel);
        Cabinet.Light(observation, ownBullets, OwnBulletChannel);
        Cabinet.Light(observation, enemyBullets, EnemyBulletChannel);
    }
}
