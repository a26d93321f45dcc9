using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.MinAtar;

/// <summary>Parameters of <see cref="Freeway"/>; the defaults are those of the published game.</summary>
public sealed record FreewayConfig
{
    /// <summary>Probability that a step repeats the action executed before it, whatever is wanted.</summary>
    [Range(0.0, 1.0), Group("Joystick")]
    public double StickyActions { get; init; } = 0.1;

    /// <summary>The actions that are offered.</summary>
    [Group("Joystick")]
    public ActionSet Actions { get; init; } = ActionSet.Minimal;
}

/// <summary>
/// A chicken crosses a road of eight lanes, again and again. A car that hits it sends it back; each crossing changes all the cars' speeds.
/// <para>Actions: 0 none, 1 up, 2 down; with all six: 0 none, 1 left, 2 up, 3 right, 4 down, 5 fire, of which left, right and fire do
/// nothing. The chicken can move at every third step.</para>
/// <para>Observation: 10 rows from the top × 10 columns × 7 channels, 1 where there is something: chicken, cars, then behind each car a
/// trail in the channel of its period, 1 (moves every second step) to 5 (every sixth).</para>
/// <para>Reward: 1 for each crossing.</para>
/// <para>Start: chicken in row 9, column 4; cars in column 0 of the rows 1 to 8, their periods and directions drawn. Terminated: after 2501
/// steps.</para>
/// <para>Source: Young and Tian 2019, "MinAtar".</para>
/// </summary>
public sealed class Freeway(FreewayConfig config) : IEnvironment
{
    private const int ChickenChannel = 0, CarChannel = 1;
    private const int Cars = 8, Column = 4, Start = Cabinet.Side - 1;
    private const int Rest = 3;
    private const int Duration = 2500;

    // Car i drives in row i + 1; to the left where its period is negative.
    private readonly int[] cars = new int[Cars], timers = new int[Cars], periods = new int[Cars];
    private int chicken, rest, countdown;

    /// <inheritdoc/>
    /// <remarks>A crossing takes 27 steps at best, the first 28: 92 of them fit.</remarks>
    public EnvironmentSpec Spec => field ??= Cabinet.Spec(channels: 7) with { ScoreRange = (0, 92) };

    internal Cabinet Cabinet { get; } = new(config.StickyActions, config.Actions, GameAction.None, GameAction.Up, GameAction.Down);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        Cabinet.Begin(rng);
        Array.Clear(cars);
        DrawPeriods();
        (chicken, rest, countdown) = (Start, Rest, Duration);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        var reward = 0;
        var wanted = Cabinet.Read(action);
        if (rest == 0 && wanted is GameAction.Up or GameAction.Down)
        {
            chicken = Math.Clamp(chicken + (wanted == GameAction.Up ? -1 : 1), 0, Start);
            rest = Rest;
        }
        if (chicken == 0)
        {
            reward = 1;
            DrawPeriods();
            chicken = Start;
        }

        for (var car = 0; car < Cars; car++)
        {
            Hit(car);
            if (timers[car]-- != 0)
                continue;
            timers[car] = Math.Abs(periods[car]);
            cars[car] = Wrapped(cars[car] + Math.Sign(periods[car]));
            Hit(car);
        }
        rest = Math.Max(0, rest - 1);
        countdown--;
        Observe(observation);
        return Cabinet.Result(reward, terminated: countdown < 0);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        Cabinet.Save(writer);
        for (var car = 0; car < Cars; car++)
        {
            writer.Write(cars[car]);
            writer.Write(timers[car]);
            writer.Write(periods[car]);
        }
        writer.Write(chicken);
        writer.Write(rest);
        writer.Write(countdown);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        Cabinet.Load(reader, rng);
        for (var car = 0; car < Cars; car++)
            (cars[car], timers[car], periods[car]) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        (chicken, rest, countdown) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        var observation = new float[Spec.Observation.Size];
        Observe(observation);
        // Fast cars draw a strong trail.
        return Cabinet.Picture(
            [
                Cabinet.Row(0, "goal"),
                Cabinet.Row(Start, "ground"),
                .. Enumerable.Range(1, 5).Select(period => Cabinet.Cells(observation, CarChannel + period, "trail", 0.93 - 0.13 * period)),
                Cabinet.Cells(observation, CarChannel, "hazard"),
                Cabinet.Cells(observation, ChickenChannel, "agent"),
            ],
            $"{countdown + 1} steps left");
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private static int Wrapped(int x) => (x + Cabinet.Side) % Cabinet.Side;

    private void DrawPeriods()
    {
        for (var car = 0; car < Cars; car++)
            timers[car] = Cabinet.Draws.Integer(5) + 1;
        for (var car = 0; car < Cars; car++)
            periods[car] = Cabinet.Draws.Uniform() > 0.5 ? timers[car] : -timers[car];
    }

    private void Hit(int car)
    {
        if (cars[car] == Column && car + 1 == chicken)
            chicken = Start;
    }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        Cabinet.Light(observation, Column, chicken, ChickenChannel);
        for (var car = 0; car < Cars; car++)
        {
            Cabinet.Light(observation, cars[car], car + 1, CarChannel);
            Cabinet.Light(observation, Wrapped(cars[car] - Math.Sign(periods[car])), car + 1, CarChannel + Math.Abs(periods[car]));
        }
    }
}
