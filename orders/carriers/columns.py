"""What carriers call the tracking number in their files; of several columns, the first name in this list counts."""

TRACKING_NUMBER = (
    *(("trackingnumber",), ("trackingno",), ("trackingid",), ("trackingcode",), ("tracking",), ("awb",), ("awbno",)),
    *(("awbnumber",), ("awbcode",), ("waybill",), ("waybillno",), ("waybillnumber",), ("airwaybill",), ("airwaybillno",)),
    *(("airwaybillnumber",), ("consignmentno",), ("consignmentnumber",), ("docketno",), ("docketnumber",), ("lrnumber",)),
    *(("shipmentnumber",), ("shipmentid",)),
)
