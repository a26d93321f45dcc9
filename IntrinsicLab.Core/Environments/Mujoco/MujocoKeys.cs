namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Keys for driving joints one at a time: two for each, with full force to either side; none leaves the body to itself.</summary>
internal static class MujocoKeys
{
    private static readonly string[] Columns = ["qa", "ws", "ed", "rf", "tg", "yh", "uj", "ik"];

    // Seventeen pairs, for a humanoid: digits above letters, then the two rows below.
    private static readonly string[] ManyColumns =
        ["1q", "2w", "3e", "4r", "5t", "6y", "7u", "8i", "9o", "0p", "az", "sx", "dc", "fv", "gb", "hn", "jm"];

    /// <summary>A pair of keys for each joint, on top of each other on the keyboard: the upper drives it forward, the lower back.</summary>
    internal static Keyboard Of(Box actions, params string[] joints)
    {
        var columns = joints.Length > Columns.Length ? ManyColumns : Columns;
        return Of(actions, [.. joints.Select((joint, axis) => ($"{columns[axis][0]}", $"{columns[axis][1]}", joint))]);
    }

    /// <summary>A pair of given keys for each joint.</summary>
    internal static Keyboard Of(Box actions, params (string Forward, string Back, string Joint)[] joints)
    {
        var keys = new List<KeyBinding>();
        foreach (var (axis, (forward, back, joint)) in joints.Index())
        {
            keys.Add(new KeyBinding(forward, Action(actions, axis, actions.High[axis]), $"{joint} +"));
            keys.Add(new KeyBinding(back, Action(actions, axis, actions.Low[axis]), $"{joint} −"));
        }
        return new Keyboard(keys, new float[actions.Size]);
    }

    private static float[] Action(Box actions, int axis, float value)
    {
        var action = new float[actions.Size];
        action[axis] = value;
        return action;
    }
}
