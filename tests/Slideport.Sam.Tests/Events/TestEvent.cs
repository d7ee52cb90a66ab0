using System.Globalization;
using Slideport.Protocol;
using Slideport.Protocol.Events;

namespace Slideport.Sam.Tests.Events;

/// <summary>Events as an event server passes them on.</summary>
internal static class TestEvent
{
    internal static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    internal static ScannerEvent Of(int number, EventSeverity severity = EventSeverity.Error) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"e{number}"),
        SerialNumber = "SS1",
        OccurredAt = Noon.AddSeconds(number),
        ReceivedAt = Noon.AddSeconds(number),
        Severity = severity,
        Code = "STAGE-17",
        Component = "stage",
        Text = string.Create(CultureInfo.InvariantCulture, $"The stage missed step {number}."),
    };

    internal static SamRoleClient EventServer(this SamUnderTest sam) => new(sam.Address, sam.Tls(sam.Authority.Client("events")));
}
