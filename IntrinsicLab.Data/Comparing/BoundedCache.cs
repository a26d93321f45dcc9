using System.Diagnostics.CodeAnalysis;

namespace IntrinsicLab.Data;

/// <summary>Results that are asked for again soon; those not asked for longest make room.</summary>
/// <param name="most">How many are kept.</param>
internal sealed class BoundedCache<T>(int most) where T : class
{
    private readonly Dictionary<string, LinkedListNode<(string Key, T Value)>> places = [];
    private readonly LinkedList<(string Key, T Value)> order = [];
    private readonly Lock access = new();

    public bool TryGet(string key, [NotNullWhen(true)] out T? value)
    {
        lock (access)
        {
            value = null;
            if (!places.TryGetValue(key, out var node))
                return false;
            order.Remove(node);
            order.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    public void Keep(string key, T value)
    {
        lock (access)
        {
            if (places.Remove(key, out var old))
                order.Remove(old);
            places[key] = order.AddFirst((key, value));
            if (order.Count <= most)
                return;
            places.Remove(order.Last!.Value.Key);
            order.RemoveLast();
        }
    }
}
