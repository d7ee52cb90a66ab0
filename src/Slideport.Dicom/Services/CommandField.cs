namespace Slideport.Dicom.Services;

/// <summary>Command Field (0000,0100) of the messages spoken here (PS3.7 E.1); a response is its request with the top bit set.</summary>
internal enum CommandField : ushort
{
    CStoreRq = 0x0001,
    CStoreRsp = 0x8001,
    CEchoRq = 0x0030,
    CEchoRsp = 0x8030,
    CCancelRq = 0x0FFF,
    NEventReportRq = 0x0100,
    NEventReportRsp = 0x8100,
    NActionRq = 0x0130,
    NActionRsp = 0x8130,
}
