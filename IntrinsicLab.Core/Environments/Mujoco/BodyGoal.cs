namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>What a body is wanted to reach.</summary>
public enum BodyGoal
{
    /// <summary>Nothing: the observation is the state alone and every reward is 0.</summary>
    None,

    /// <summary>Its trunk at a place.</summary>
    Position,

    /// <summary>All positions of trunk and joints, as some motion of the body produced them.</summary>
    Pose,
}

/// <summary>The wanted values of a simulation's first positions (qpos).</summary>
internal sealed class WantedPositions
{
    private const int Motions = 10;
    private const int StepsPerMotion = 10;

    private readonly MujocoSimulation simulation;
    private readonly double[] wanted;

    /// <summary>Wants the simulation's first <paramref name="size"/> positions; 0 for none.</summary>
    internal WantedPositions(MujocoSimulation simulation, int size)
    {
        this.simulation = simulation;
        wanted = new double[size];
    }

    /// <summary>What is wanted.</summary>
    internal ReadOnlySpan<double> Values => wanted;

    /// <summary>Wants each value anywhere between minus and plus a range.</summary>
    internal void Draw(Rng rng, double range)
    {
        foreach (ref var value in wanted.AsSpan())
            value = rng.NextDouble(-range, range);
    }

    /// <summary>Wants what ten random actions, each held for ten steps, lead to from the start pose. Leaves the simulation there.</summary>
    internal void DrawReached(Rng rng, Box actions, int frames)
    {
        simulation.Reset();
        Span<double> controls = stackalloc double[actions.Size];
        for (var motion = 0; motion < Motions; motion++)
        {
            for (var axis = 0; axis < controls.Length; axis++)
                controls[axis] = rng.NextDouble(actions.Low[axis], actions.High[axis]);
            for (var step = 0; step < StepsPerMotion; step++)
                simulation.Step(controls, frames);
        }
        simulation.Positions[..wanted.Length].CopyTo(wanted);
    }

    /// <summary>Euclidean distance of the present positions from the wanted ones.</summary>
    internal double Distance()
    {
        var squares = 0.0;
        for (var index = 0; index < wanted.Length; index++)
        {
            var difference = simulation.Positions[index] - wanted[index];
            squares += difference * difference;
        }
        return Math.Sqrt(squares);
    }

    /// <summary>Where goals that are places lie; null for others.</summary>
    internal static GoalPlane? Plane(BodyGoal goal, double range, bool onALine = false) => goal != BodyGoal.Position
        ? null
        : new GoalPlane(-range, onALine ? 0 : -range, range, onALine ? 0 : range) { Unit = "m" };

    /// <summary>Why other goals cannot be pointed at; empty for places, and where there is no goal.</summary>
    internal static string WhyNoPlane(BodyGoal goal) => goal is BodyGoal.None or BodyGoal.Position
        ? ""
        : "Its goals are poses: the place and all joints at once. A click would name a place alone, and not what the body should look like there; with the goal “position” it can be sent.";

    /// <summary>Goal and body as places.</summary>
    internal GoalPlaces Places(double radius) => wanted.Length == 1
        ? GoalPlaces.Between(wanted[0], 0, simulation.Positions[0], 0, radius)
        : GoalPlaces.Between(wanted[0], wanted[1], simulation.Positions[0], simulation.Positions[1], radius);

    /// <summary>Wants a place.</summary>
    internal void Want(GoalPlane? plane, double x, double y)
    {
        if (plane is null)
            throw new NotSupportedException("Only goals that are positions are places.");
        if (!simulation.Running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        plane.Require(x, y);
        wanted[0] = x;
        if (wanted.Length > 1)
            wanted[1] = y;
    }

    /// <summary>Writes the wanted, then the present positions.</summary>
    internal void Observe(Span<float> goals)
    {
        for (var index = 0; index < wanted.Length; index++)
        {
            goals[index] = (float)wanted[index];
            goals[wanted.Length + index] = (float)simulation.Positions[index];
        }
    }

    /// <summary>A picture of the simulation with a disc on the ground at the wanted place.</summary>
    internal Scene Draw(MujocoScene scene, double x, double y, double radius)
    {
        var drawn = scene.Draw();
        return wanted.Length == 0
            ? drawn
            : drawn with { Solids = [.. drawn.Solids, new Solid("cylinder", [radius, 0.01], [x, y, 0.01], [1, 0, 0, 0], "goal")] };
    }

    /// <summary>Writes what is wanted.</summary>
    internal void Save(BinaryWriter writer)
    {
        foreach (var value in wanted)
            writer.Write(value);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    internal void Load(BinaryReader reader)
    {
        foreach (ref var value in wanted.AsSpan())
            value = reader.ReadDouble();
    }
}
