using Slideport.Dicom.UpperLayer;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class AssociationStateMachineTests
{
    // PS3.8 Table 9-10 as printed: a row for each event, a column for each of Sta1 to Sta13.
    private static readonly string[] Table =
    [
        "Evt1   AE-1 -    -    -    -    -    -    -    -    -     -    -    -",
        "Evt2   -    -    -    AE-2 -    -    -    -    -    -     -    -    -",
        "Evt3   -    AA-1 AA-8 -    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6",
        "Evt4   -    AA-1 AA-8 -    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6",
        "Evt5   AE-5 -    -    -    -    -    -    -    -    -     -    -    -",
        "Evt6   -    AE-6 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7",
        "Evt7   -    -    AE-7 -    -    -    -    -    -    -     -    -    -",
        "Evt8   -    -    AE-8 -    -    -    -    -    -    -     -    -    -",
        "Evt9   -    -    -    -    -    DT-1 -    AR-7 -    -     -    -    -",
        "Evt10  -    AA-1 AA-8 -    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6",
        "Evt11  -    -    -    -    -    AR-1 -    -    -    -     -    -    -",
        "Evt12  -    AA-1 AA-8 -    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6",
        "Evt13  -    AA-1 AA-8 -    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6",
        "Evt14  -    -    -    -    -    -    -    AR-4 AR-9 -     -    AR-4 -",
        "Evt15  -    -    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 -",
        "Evt16  -    AA-2 AA-3 -    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2",
        "Evt17  -    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5",
        "Evt18  -    AA-2 -    -    -    -    -    -    -    -     -    -    AA-2",
        "Evt19  -    AA-1 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7",
    ];

    // Tables 9-6 to 9-9: where each action leads. AR-8 leads a requestor to Sta9, an acceptor to Sta10.
    private static readonly Dictionary<string, int> NextState = Numbers(
        "AE-1 4, AE-2 5, AE-3 6, AE-4 1, AE-5 2, AE-6 3, AE-7 6, AE-8 13, DT-1 6, DT-2 6, "
        + "AR-1 7, AR-2 8, AR-3 1, AR-4 13, AR-5 1, AR-6 7, AR-7 8, AR-9 11, AR-10 12, "
        + "AA-1 13, AA-2 1, AA-3 1, AA-4 1, AA-5 1, AA-6 13, AA-7 13, AA-8 13");

    // The events that lead from Sta1 to each state; Sta9 and Sta11 only a requestor reaches, Sta10 and Sta12 only an acceptor.
    private static readonly int[][] WayTo =
    [
        [], [], [5], [5, 6], [1], [1, 2], [1, 2, 3], [1, 2, 3, 11], [5, 6, 7, 12],
        [1, 2, 3, 11, 12], [5, 6, 7, 11, 12], [1, 2, 3, 11, 12, 14], [5, 6, 7, 11, 12, 13], [5, 19],
    ];

    public static TheoryData<int, int, string> EveryPair()
    {
        var pairs = new TheoryData<int, int, string>();
        foreach (var row in Table.Select(r => r.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            for (var state = 1; state <= 13; state++)
                pairs.Add(state, int.Parse(row[0][3..], System.Globalization.CultureInfo.InvariantCulture), row[state]);
        }

        return pairs;
    }

    [Fact]
    public void The_printed_table_has_every_state_and_event() => Assert.Equal(13 * 19, EveryPair().Count);

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void The_machine_does_what_Table_9_10_says(int state, int happened, string action)
    {
        var isRequestor = WayTo[state].FirstOrDefault() == 1;
        var machine = new AssociationStateMachine { IsRequestor = isRequestor };
        foreach (var step in WayTo[state])
            machine.Fire((UpperLayerEvent)step);
        Assert.Equal(state, (int)machine.State);

        var taken = machine.Fire((UpperLayerEvent)happened);

        Assert.Equal(action == "-" ? "None" : action.Replace('-', '_'), taken.ToString());
        var next = action switch { "-" => state, "AR-8" => isRequestor ? 9 : 10, _ => NextState[action] };
        Assert.Equal(next, (int)machine.State);
    }

    [Fact]
    public void States_and_events_carry_the_numbers_of_the_standard()
    {
        Assert.All(Enum.GetValues<UpperLayerState>(), s => Assert.StartsWith($"Sta{(int)s}_", s.ToString(), StringComparison.Ordinal));
        Assert.All(Enum.GetValues<UpperLayerEvent>(), e => Assert.StartsWith($"Evt{(int)e}_", e.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    [InlineData(4, 10)]
    [InlineData(5, 12)]
    [InlineData(6, 13)]
    [InlineData(7, 16)]
    [InlineData(0, 19)]
    [InlineData(8, 19)]
    [InlineData(255, 19)]
    public void A_PDU_type_is_the_event_of_its_arrival(int type, int happened) =>
        Assert.Equal(happened, (int)AssociationStateMachine.EventOf((PduType)type));

    private static Dictionary<string, int> Numbers(string pairs) => pairs.Split(", ").Select(p => p.Split(' '))
        .ToDictionary(p => p[0], p => int.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture));
}
