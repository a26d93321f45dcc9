using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>Parameters of <see cref="PointGather"/>; the defaults are those of rllab's gathering tasks.</summary>
public sealed record PointGatherConfig
{
    /// <summary>Apples at the start.</summary>
    [Range(1, 17), Group("Objects")]
    public int Apples { get; init; } = 8;

    /// <summary>Bombs at the start.</summary>
    [Range(0, 17), Group("Objects")]
    public int Bombs { get; init; } = 8;

    /// <summary>Distance at which an object is taken.</summary>
    [Range(0.1, 1.9), Unit("m"), Group("Objects")]
    public double CatchRadius { get; init; } = 1.0;

    /// <summary>Distance beyond which the sensors see nothing.</summary>
    [Range(0.5, 20.0), Unit("m"), Group("Sensors")]
    public double SensorRange { get; init; } = 6.0;

    /// <summary>Sensors for each kind of object; they share the half circle ahead evenly.</summary>
    [Range(1, 100), Unit("sensors"), Group("Sensors")]
    public int Sensors { get; init; } = 10;
}

/// <summary>
/// A point that drives and turns on a square field gathers apples and avoids bombs, which it sees only ahead.
/// <para>Action: drive from −1 to 1 m forward; turn from −1 to 1 as a share of 0.25 rad, counter-clockwise positive; larger ones are
/// clipped.</para>
/// <para>Observation: x / 7, y / 7, sin and cos of the heading; 10 apple sensors, then 10 bomb sensors, from right to left:
/// 1 − distance / 6 of the nearest object in each one's sector, 0 for none.</para>
/// <para>Reward: 1 for every apple taken, −1 for every bomb.</para>
/// <para>Start: in the middle, heading along x; objects on distinct even places from −6 to 4, not in the middle. Terminated: every object
/// is taken. Time limit 500 steps.</para>
/// <para>Source: Duan et al. 2016, the gathering tasks, with rllab's point in place of a robot: no physics engine is needed.</para>
/// </summary>
public sealed class PointGather(PointGatherConfig config) : IEnvironment
{
    private const double FieldEnd = 7.0;
    private const double LargestTurn = 0.25;

    private static readonly Box Actions = new([2], -1, 1);

    private readonly List<(double X, double Y, bool Bomb)> objects = [];
    private double x, y, heading;
    private bool running;

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; } = new(
        new Box(
            [4 + 2 * config.Sensors], [-1, -1, -1, -1, .. new float[2 * config.Sensors]], [.. Enumerable.Repeat(1f, 4 + 2 * config.Sensors)]),
        Actions)
    {
        TimeLimit = 500,
        ScoreRange = (-config.Bombs, config.Apples),
        Keyboard = new(
            [
                new("ArrowUp", [1, 0], "Drive forward"), new("ArrowDown", [-1, 0], "Drive back"), new("ArrowLeft", [0, 1], "Turn left"),
                new("ArrowRight", [0, -1], "Turn right"),
            ],
            Idle: null),
    };

    /// <summary>Places the point and the objects, and begins an episode there.</summary>
    internal void Begin(double x, double y, double heading, IEnumerable<(double X, double Y, bool Bomb)> objects, Span<float> observation)
    {
        (this.x, this.y, this.heading) = (x, y, heading);
        this.objects.Clear();
        this.objects.AddRange(objects);
        running = true;
        Observe(observation);
    }

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        (double X, double Y)[] places =
        [
            .. from column in Enumerable.Range(-3, 6) from row in Enumerable.Range(-3, 6) where (column, row) != (0, 0) select (2.0 * column, 2.0 * row),
        ];
        rng.Shuffle<(double X, double Y)>(places);
        var chosen = places.Take(config.Apples + config.Bombs).Select((place, index) => (place.X, place.Y, Bomb: index >= config.Apples));
        Begin(0, 0, 0, chosen, observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Actions.Require(action);
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        heading = Wrapped(heading + LargestTurn * Math.Clamp(action[1], -1, 1));
        var drive = Math.Clamp((double)action[0], -1, 1);
        x = Math.Clamp(x + drive * Math.Cos(heading), -FieldEnd, FieldEnd);
        y = Math.Clamp(y + drive * Math.Sin(heading), -FieldEnd, FieldEnd);

        var reward = 0.0;
        for (var index = objects.Count - 1; index >= 0; index--)
        {
            if (double.Hypot(objects[index].X - x, objects[index].Y - y) >= config.CatchRadius)
                continue;
            reward += objects[index].Bomb ? -1 : 1;
            objects.RemoveAt(index);
        }
        running = objects.Count > 0;
        Observe(observation);
        return new StepResult(reward, Terminated: !running, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<double>)[x, y, heading])
            writer.Write(value);
        writer.Write(objects.Count);
        foreach (var (objectX, objectY, bomb) in objects)
        {
            writer.Write(objectX);
            writer.Write(objectY);
            writer.Write(bomb);
        }
        writer.Write(running);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        (x, y, heading) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        objects.Clear();
        for (var left = reader.ReadInt32(); left > 0; left--)
            objects.Add((reader.ReadDouble(), reader.ReadDouble(), reader.ReadBoolean()));
        running = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double middle = FieldEnd + 0.8, side = 2 * middle;
        var (atX, atY) = (middle + x, middle + y);
        var shapes = new List<Shape>
        {
            new("polygon", [0.3, 0.3, side - 0.3, 0.3, side - 0.3, side - 0.3, 0.3, side - 0.3], "ground") { Opacity = 0.08 },
            new("line", [0.3, 0.3, side - 0.3, 0.3, side - 0.3, side - 0.3, 0.3, side - 0.3, 0.3, 0.3], "wall", 0.3),
        };
        var readings = new float[2 * config.Sensors];
        Sense(readings);
        for (var sensor = 0; sensor < config.Sensors; sensor++)
        {
            shapes.Add(Sector(sensor, config.SensorRange, "ground", 0.07));
            for (var kind = 0; kind < 2; kind++)
                if (readings[kind * config.Sensors + sensor] is > 0 and var reading)
                    shapes.Add(Sector(sensor, (1 - reading) * config.SensorRange, kind == 0 ? "green" : "red", 0.2));
        }
        foreach (var (objectX, objectY, bomb) in objects)
        {
            var (centreX, centreY) = (middle + objectX, middle + objectY);
            shapes.Add(new Shape("circle", [centreX, centreY, centreX + 0.4, centreY], bomb ? "hazard" : "green"));
        }
        shapes.Add(new Shape("circle", [atX, atY, atX + 0.45, atY], "agent"));
        shapes.Add(new Shape("line", [atX, atY, atX + 0.8 * Math.Cos(heading), atY + 0.8 * Math.Sin(heading)], "agent", 0.2));
        var bombs = objects.Count(each => each.Bomb);
        return new Scene(side, side, shapes) { Caption = $"{objects.Count - bombs} apples and {bombs} bombs left" };

        Shape Sector(int sensor, double reach, string tone, double opacity)
        {
            const int segments = 4;
            var (from, width) = (heading - Math.PI / 2 + Math.PI * sensor / config.Sensors, Math.PI / config.Sensors);
            var points = new List<double> { atX, atY };
            for (var point = 0; point <= segments; point++)
            {
                var angle = from + width * point / segments;
                points.AddRange([Inside(atX + reach * Math.Cos(angle)), Inside(atY + reach * Math.Sin(angle))]);
            }
            return new Shape("polygon", [.. points], tone) { Opacity = opacity };
        }

        double Inside(double value) => Math.Clamp(value, 0.4, side - 0.4);
    }

    /// <inheritdoc/>
    public void Dispose() { }

    /// <summary>1 − distance / range of the nearest apple in each sector, then of the nearest bomb.</summary>
    private void Sense(Span<float> readings)
    {
        readings.Clear();
        foreach (var (objectX, objectY, bomb) in objects)
        {
            var distance = double.Hypot(objectX - x, objectY - y);
            var angle = Wrapped(Math.Atan2(objectY - y, objectX - x) - heading);
            if (distance > config.SensorRange || Math.Abs(angle) > Math.PI / 2)
                continue;
            var sector = Math.Min((int)((angle + Math.PI / 2) / (Math.PI / config.Sensors)), config.Sensors - 1);
            ref var reading = ref readings[(bomb ? config.Sensors : 0) + sector];
            reading = Math.Max(reading, (float)(1 - distance / config.SensorRange));
        }
    }

    private static double Wrapped(double angle) => angle > Math.PI ? angle - 2 * Math.PI : angle <= -Math.PI ? angle + 2 * Math.PI : angle;

    private void Observe(Span<float> observation)
    {
        observation[0] = (float)(x / FieldEnd);
        observation[1] = (float)(y / FieldEnd);
        observation[2] = (float)Math.Sin(heading);
        observation[3] = (float)Math.Cos(heading);
        Sense(observation[4..]);
    }
}
