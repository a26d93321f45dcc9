using Microsoft.AspNetCore.Components;
using Radzen;

namespace IntrinsicLab.Web.Components;

/// <summary>Short notes on what an action did, with the way back where there is one.</summary>
public sealed class Toasts(NotificationService notifications)
{
    public void Say(string summary, string detail = "") => Show(NotificationSeverity.Info, summary, detail, 5000);

    public void Fail(string summary, string detail) => Show(NotificationSeverity.Error, summary, detail, 12000);

    public void Undoable(string summary, string verb, Func<Task> undo)
    {
        NotificationMessage? message = null;
        RenderFragment<NotificationService> content = service => builder =>
        {
            builder.OpenElement(0, "button");
            builder.AddAttribute(1, "class", "link");
            builder.AddAttribute(2, "onclick", EventCallback.Factory.Create(this, async () =>
            {
                service.Messages.Remove(message!);
                await undo();
            }));
            builder.AddContent(3, verb);
            builder.CloseElement();
        };
        message = new NotificationMessage { Severity = NotificationSeverity.Info, Summary = summary, DetailContent = content, Duration = 10000 };
        notifications.Notify(message);
    }

    private void Show(NotificationSeverity severity, string summary, string detail, double duration) =>
        notifications.Notify(new NotificationMessage { Severity = severity, Summary = summary, Detail = detail, Duration = duration });
}
