-- Every vertex label with the fields that lists are ordered by, lookups start from, and
-- references are followed by; every edge label. A contract test holds it to the models.

select graph_admin.ensure_vertex_label(
    'Operator',
    order_texts => array['name', 'p5_number', 'p5_status', 'p5_last_filed_on', 'p5_renewal_due_on'],
    order_numbers => '{}',
    lookups => array['p5_number', 'name'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Field',
    order_texts => array['name', 'rrc_field_id', 'district', 'county', 'field_class', 'discovery_date'],
    order_numbers => '{}',
    lookups => array['rrc_field_id', 'name'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Formation',
    order_texts => array['name', 'basin'],
    order_numbers => array['depth_top_ft', 'depth_base_ft'],
    lookups => array['name'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Lease',
    order_texts => array['name', 'oil_gas_code', 'rrc_lease_id', 'district', 'county', 'status', 'effective_date', 'last_reported_month'],
    order_numbers => '{}',
    lookups => array['rrc_lease_id'],
    reference_fields => array['operator_id', 'field_id']);

select graph_admin.ensure_vertex_label(
    'Well',
    order_texts => array['api_number', 'well_name', 'status', 'district', 'county', 'spud_date', 'completion_date'],
    order_numbers => array['total_depth_ft'],
    lookups => array['api_number'],
    reference_fields => array['lease_id', 'operator_id', 'field_id']);

select graph_admin.ensure_vertex_label(
    'Permit',
    order_texts => array['permit_number', 'status', 'submitted_on', 'approved_on', 'expires_on', 'district', 'county'],
    order_numbers => array['amendment_sequence'],
    lookups => array['permit_number', 'application_number'],
    reference_fields => array['well_id', 'lease_id', 'operator_id']);

select graph_admin.ensure_vertex_label(
    'Regulation',
    order_texts => array['rule_id', 'title', 'citation', 'jurisdiction'],
    order_numbers => '{}',
    lookups => array['rule_id'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Hearing',
    order_texts => array['docket_number', 'hearing_type', 'status', 'requested_on', 'scheduled_for', 'decided_on'],
    order_numbers => '{}',
    lookups => array['docket_number'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Filing',
    order_texts => array['filing_number', 'filing_type', 'form_number', 'status', 'period_end', 'due_on', 'submitted_at'],
    order_numbers => '{}',
    lookups => array['filing_number', 'confirmation_number'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Equipment',
    order_texts => array['equipment_type', 'name', 'serial_number', 'status', 'installed_on', 'last_inspected_on'],
    order_numbers => '{}',
    lookups => array['name', 'serial_number'],
    reference_fields => array['well_id', 'lease_id', 'facility_id']);

select graph_admin.ensure_vertex_label(
    'FlaringAuthorization',
    order_texts => array['authorization_number', 'status', 'effective_date', 'expiration_date', 'district', 'county', 'operator_name'],
    order_numbers => array['max_volume_mcf_per_day'],
    lookups => array['authorization_number'],
    reference_fields => array['operator_id', 'lease_id']);

select graph_admin.ensure_vertex_label(
    'FlaringEvent',
    order_texts => array['event_number', 'event_type', 'cause_category', 'started_at', 'ended_at', 'rrc_report_status'],
    order_numbers => array['volume_mcf'],
    lookups => array['event_number'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Wellpad',
    order_texts => array['name', 'pad_id', 'county'],
    order_numbers => array['well_slots'],
    lookups => array['pad_id', 'name'],
    reference_fields => '{}');

select graph_admin.ensure_vertex_label(
    'Facility',
    order_texts => array['name', 'facility_type', 'rrc_serial_number', 'district', 'county', 'constructed_on'],
    order_numbers => array['latitude', 'longitude'],
    lookups => array['rrc_serial_number', 'name'],
    reference_fields => array['operator_id']);

select graph_admin.ensure_vertex_label(
    'PipelineRoute',
    order_texts => array['name', 't4_permit_number', 'commodity', 'status'],
    order_numbers => array['length_miles'],
    lookups => array['name', 't4_permit_number'],
    reference_fields => array['from_facility_id', 'to_facility_id', 'operator_id']);

select graph_admin.ensure_vertex_label(
    'InfrastructureProject',
    order_texts => array['name', 'project_type', 'status', 'planned_start_on', 'planned_in_service_on', 'actual_in_service_on'],
    order_numbers => array['gas_capture_mcf_per_day'],
    lookups => array['name'],
    reference_fields => '{}');

select graph_admin.ensure_edge_label('OPERATES');
select graph_admin.ensure_edge_label('HAS_WELL');
select graph_admin.ensure_edge_label('IN_FIELD');
select graph_admin.ensure_edge_label('PRODUCES_FROM');
select graph_admin.ensure_edge_label('ON_PAD');
select graph_admin.ensure_edge_label('OFFSETS');
select graph_admin.ensure_edge_label('PERMITS');
select graph_admin.ensure_edge_label('SUBJECT_OF');
select graph_admin.ensure_edge_label('FILED_FOR');
select graph_admin.ensure_edge_label('FILED_BY');
select graph_admin.ensure_edge_label('GOVERNED_BY');
select graph_admin.ensure_edge_label('INSTALLED_AT');
select graph_admin.ensure_edge_label('AUTHORIZES');
select graph_admin.ensure_edge_label('OCCURRED_AT');
select graph_admin.ensure_edge_label('UNDER_AUTHORIZATION');
select graph_admin.ensure_edge_label('GATHERED_BY');
select graph_admin.ensure_edge_label('SERVES');
select graph_admin.ensure_edge_label('FROM_FACILITY');
select graph_admin.ensure_edge_label('TO_FACILITY');
select graph_admin.ensure_edge_label('INVOLVES');
