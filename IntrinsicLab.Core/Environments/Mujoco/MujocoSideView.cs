namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Draws the x-z plane of a simulation, for bodies that move in it.</summary>
internal static class MujocoSideView
{
    private const double Ground = 0.3;
    private const int Sphere = 2, Capsule = 3;

    /// <summary>The window of the given size around <paramref name="centre"/> on the x axis.</summary>
    internal static Scene Of(MujocoSimulation simulation, double centre, double width, double height)
    {
        var left = centre - width / 2;
        var shapes = new List<Shape> { new("line", [0, Ground, width, Ground], "ground", 0.02) };

        // Marks one metre apart make the motion of a body visible that the window follows.
        for (var mark = Math.Ceiling(left); mark <= left + width; mark++)
            shapes.Add(new Shape("line", [mark - left, Ground, mark - left, Ground - 0.08], "ground", 0.02));

        var types = simulation.Integers("geom_type");
        var sizes = simulation.Numbers("geom_size");
        var positions = simulation.Numbers("geom_xpos");
        var rotations = simulation.Numbers("geom_xmat");
        for (var geom = 0; geom < types.Length; geom++)
        {
            var (x, z) = (positions[3 * geom] - left, positions[3 * geom + 2] + Ground);
            var radius = sizes[3 * geom];
            if (types[geom] == Capsule)
            {
                // A capsule lies along its own z axis, the third column of the rotation matrix.
                var (alongX, alongZ) = (sizes[3 * geom + 1] * rotations[9 * geom + 2], sizes[3 * geom + 1] * rotations[9 * geom + 8]);
                shapes.Add(new Shape("line", [x - alongX, z - alongZ, x + alongX, z + alongZ], "agent", 2 * radius));
            }
            else if (types[geom] == Sphere)
                shapes.Add(new Shape("circle", [x, z, x + radius, z], "agent"));
        }
        return new Scene(width, height, shapes);
    }
}
