namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>
/// Draws every geometric body of a simulation in three dimensions. What is fixed to the world is ground (planes, drawn without end, as the
/// engine takes them) or wall, what moves is the agent, unless a tone is given for it.
/// </summary>
internal sealed class MujocoScene
{
    private const int Plane = 0, Sphere = 2, Capsule = 3, Cylinder = 5;

    private readonly double width, height;
    private readonly (string Kind, double[] Size, string Tone)[] bodies;
    private readonly MujocoReading positions, rotations;

    /// <summary>Reads what there is to draw.</summary>
    /// <param name="simulation">Where it is read.</param>
    /// <param name="width">Metres to look at along x.</param>
    /// <param name="height">Metres to look at upwards.</param>
    /// <param name="tones">Tones of the geoms of these names.</param>
    internal MujocoScene(MujocoSimulation simulation, double width, double height, params (string Geom, string Tone)[] tones)
    {
        (this.width, this.height) = (width, height);
        positions = simulation.Reading("geom_xpos");
        rotations = simulation.Reading("geom_xmat");
        var types = simulation.Integers("geom_type");
        var owners = simulation.Integers("geom_bodyid");
        var sizes = simulation.Numbers("geom_size");
        bodies = new (string, double[], string)[types.Length];
        for (var geom = 0; geom < bodies.Length; geom++)
        {
            var size = sizes.Slice(3 * geom, 3);
            bodies[geom] = types[geom] switch
            {
                Plane => ("plane", [0, 0], "ground"),
                Sphere => ("sphere", [size[0]], Tone(owners[geom])),
                Capsule => ("capsule", [size[0], size[1]], Tone(owners[geom])),
                Cylinder => ("cylinder", [size[0], size[1]], Tone(owners[geom])),
                var type => throw new InvalidOperationException($"Bodies of MuJoCo's type {type} are not drawn."),
            };
        }
        foreach (var (name, tone) in tones)
            bodies[simulation.Find("geom", name)].Tone = tone;
    }

    /// <summary>The bodies where they were at the engine's last evaluation.</summary>
    internal Scene Draw()
    {
        var position = positions.Values;
        var rotation = rotations.Values;
        var solids = new Solid[bodies.Length];
        for (var geom = 0; geom < solids.Length; geom++)
        {
            var (kind, size, tone) = bodies[geom];
            solids[geom] = new Solid(kind, size, position.Slice(3 * geom, 3).ToArray(), Quaternion(rotation.Slice(9 * geom, 9)), tone);
        }
        return new Scene(width, height, []) { Solids = solids };
    }

    private static string Tone(int owner) => owner == 0 ? "wall" : "agent";

    // Shepperd 1978: the largest of the four parts is taken from the diagonal, the others are divided by it. The matrix goes row by row.
    private static double[] Quaternion(ReadOnlySpan<double> m)
    {
        double[] squares = [1 + m[0] + m[4] + m[8], 1 + m[0] - m[4] - m[8], 1 - m[0] + m[4] - m[8], 1 - m[0] - m[4] + m[8]];
        var largest = squares.Index().MaxBy(square => square.Item).Index;
        var scale = 0.5 / Math.Sqrt(squares[largest]);
        double[] products = largest switch
        {
            0 => [squares[0], m[7] - m[5], m[2] - m[6], m[3] - m[1]],
            1 => [m[7] - m[5], squares[1], m[1] + m[3], m[2] + m[6]],
            2 => [m[2] - m[6], m[1] + m[3], squares[2], m[5] + m[7]],
            _ => [m[3] - m[1], m[2] + m[6], m[5] + m[7], squares[3]],
        };
        return [.. products.Select(product => product * scale)];
    }
}
